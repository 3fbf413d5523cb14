"""The product of rows that lie anywhere and a kernel, packed so that it is read from end to end."""

from functools import cache
from typing import Any

from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import fill, inlined, lanes, load
from graphvision.kernels._numba_tiles import add_product, column, store_tile, tile
from graphvision.kernels._pool import for_rows

_PACK = 1 << 16  # numbers of the kernel that are worth a thread


@cache
def multiply_rows(size: int) -> Any:
    """The kernel with blocks of ``size`` bytes."""

    @inlined
    def strip(
        value: Any, table: Any, taps: Any, width: Any, i: Any, kernel: Any, start: Any
    ) -> Any:
        at = start
        for k in range(taps):
            rows = column(table, i * taps + k, taps, value)
            for c in range(width):
                block = load(kernel, at, value[0])
                value = add_product(value, rows, c, block)
                at += lanes(block)
        return value

    @inlined
    def multiply(
        table: Any, taps: Any, width: Any, count: Any, kernel: Any, bias: Any, nothing: Any,
        out: Any, base: Any, stride: Any, panels: Any,
    ) -> None:  # fmt: skip
        """``count`` rows of out, from ``base`` on: the table's rows times the packed kernel."""
        zero = fill(nothing, size)
        step = lanes(zero)
        for p in range(panels):
            start, begin = p * taps * width * step, load(bias, p * step, zero)
            i = 0
            while i + 12 <= count:
                value = strip(tile(begin, 12), table, taps, width, i, kernel, start)
                store_tile(out, base + i * stride + p * step, stride, value)
                i += 12
            while i + 4 <= count:
                few = strip(tile(begin, 4), table, taps, width, i, kernel, start)
                store_tile(out, base + i * stride + p * step, stride, few)
                i += 4
            while i < count:
                one = strip(tile(begin, 1), table, taps, width, i, kernel, start)
                store_tile(out, base + i * stride + p * step, stride, one)
                i += 1

    return multiply


@cache
def _wide_registers() -> bool:
    from llvmlite.binding import get_host_cpu_features  # type: ignore[import-untyped]

    return bool(get_host_cpu_features().get("avx512f", False))


def block_size(columns: int, itemsize: int) -> int:
    """Bytes of a block: twice a register where that wastes little, so that 12 rows fit."""
    if not _wide_registers():
        return 32
    return 128 if -columns * itemsize % 128 < 64 else 64


@jit
def _pack_rows(lo: int, hi: int, kernel: Any, packed: Any) -> None:
    """A part covers 16 channels of one tap: they are next to each other in torch's layouts."""
    channels, columns, step = kernel.shape[1], kernel.shape[2], packed.shape[2]
    parts = (channels + 15) // 16
    for part in range(lo, hi):
        k, first = part // parts, part % parts * 16
        last = min(channels, first + 16)
        for p in range(packed.shape[0]):
            for d in range(step):
                column = p * step + d
                for c in range(first, last):
                    value = kernel[k, c, column] if column < columns else 0
                    packed[p, k * channels + c, d] = value


def packed_kernel(kernel: Tensor) -> tuple[Tensor, int]:
    """``[k, c_in, c_out]`` → panels ``[p, k·c_in, lanes]``, and the bytes of a block of lanes.

    Not by torch: after an operation of its own its threads spin on the cores that come next here.
    """
    taps, width, columns = kernel.shape
    size = block_size(columns, kernel.element_size())
    step = size // kernel.element_size()
    packed = kernel.new_empty(-(-columns // step), taps * width, step)
    arrays = (kernel.detach().numpy(), packed.numpy())
    parts = taps * -(-width // 16)
    for_rows(_pack_rows, parts, *arrays, grain=max(1, _PACK // (16 * columns)))
    return packed, size
