"""``out_i = Σ_k (Σ_e w_e,k x_j) W_k`` on the CPU: sums and their matrix product, tile by tile.

A table holds, for some targets and all taps, the address of what the tap's matrix multiplies: the
source's own row where one edge of weight 1 carries the tap, zeros where none does, else a sum that
is made in a buffer of the size of the cache. The product then reads its rows through the table, as
the indirect convolution of Dukhan (arXiv 1907.02129) does: there is no ``[m, k·c]``.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    fill,
    inlined,
    lanes,
    load,
    over_channels,
    pointer,
)
from graphvision.kernels._numba_tiles import (
    add_product,
    address,
    column,
    consecutive,
    load_tile,
    store_tile,
    tile,
)
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather._numba_weighted import dot, weighted_block

_GRAIN = 1 << 20  # multiply-adds that are worth a thread
_BUFFER = 1 << 18  # bytes of sums that a thread keeps: a part of any second-level cache
_ROWS, _GRAD_ROWS = 96, 64  # targets of a table at most, forward and for the kernel's gradient
_PACK = 1 << 16  # numbers of the kernel that are worth a thread
_PARTIALS = 1 << 25  # bytes of partial gradients of the kernel


@jit
def _sum_edges(
    nothing: Any, x: Any, width: Any, col: Any, weight: Any, stride: Any, k: Any, edge: Any,
    ordered: Any, first: Any, last: Any, out: Any, at: Any,
) -> None:  # fmt: skip
    over_channels(
        weighted_block, nothing, 0, width, k, stride, x, width, col, weight, edge, ordered,
        first, last, out, at,
    )  # fmt: skip


@inlined
def _row_of(
    nothing: Any, x: Any, width: Any, col: Any, weight: Any, weighted: Any, edge: Any,
    ordered: Any, dense: Any, taps: Any, k: Any, first: Any, last: Any, zeros: Any, buffer: Any,
    at: Any,
) -> Any:  # fmt: skip
    """The address of ``Σ_e w_e,k x_j``; only a true sum is written, to ``buffer`` from ``at`` on.

    ``zeros`` are ``width`` zeros and then a 1, the weight of all edges that have none.
    """
    if first == last:
        return address(zeros, 0)
    if last == first + 1 and not dense:
        if not weighted:
            return address(x, np.int64(col[first]) * width)
        if weight[edge[first] if ordered else first] == 1:
            return address(x, np.int64(col[first]) * width)
    if weighted:
        stride, function = (taps, k) if dense else (1, 0)
        _sum_edges(
            nothing, x, width, col, weight, stride, function, edge, ordered, first, last, buffer,
            at,
        )  # fmt: skip
    else:
        _sum_edges(
            nothing, x, width, col, zeros, 0, width, edge, False, first, last, buffer, at
        )  # fmt: skip
    return address(buffer, at)


@inlined
def _complete(
    x: Any, width: Any, itemsize: Any, col: Any, rowptr: Any, row: Any, taps: Any, table: Any,
    at: Any,
) -> Any:  # fmt: skip
    """Whether each of ``taps`` rows from ``row`` on is one edge; the table then has the sources."""
    first = np.int64(rowptr[row])
    if rowptr[row + taps] - first != taps:
        return False
    start, other = address(x, 0), 0
    for k in range(taps):
        other |= rowptr[row + k] - first - k
        table[at + k] = start + np.int64(col[first + k]) * width * itemsize
    return other == 0


@cache
def _multiply_rows(size: int) -> Any:
    """The kernel with blocks of ``size`` bytes."""

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
            many, one = tile(begin, 12), tile(begin, 1)
            i = 0
            while i + 12 <= count:
                value, w = many, start
                for k in range(taps):
                    rows = column(table, i * taps + k, taps, many)
                    for c in range(width):
                        value = add_product(value, rows, c, load(kernel, w, zero))
                        w += step
                store_tile(out, base + i * stride + p * step, stride, value)
                i += 12
            while i < count:
                single, w = one, start
                for k in range(taps):
                    row = column(table, i * taps + k, taps, one)
                    for c in range(width):
                        single = add_product(single, row, c, load(kernel, w, zero))
                        w += step
                store_tile(out, base + i * stride + p * step, stride, single)
                i += 1

    return multiply


@cache
def _conv_rows(size: int) -> Any:
    multiply = _multiply_rows(size)

    @jit
    def rows(
        lo: int, hi: int, x: Any, rowptr: Any, col: Any, weight: Any, edge: Any, dense: Any,
        taps: Any, kernel: Any, bias: Any, height: Any, out: Any,
    ) -> None:  # fmt: skip
        width, nothing = x.shape[1], x.dtype.type(0)
        background = np.zeros(width + 1, dtype=x.dtype)
        background[width] = 1
        held = np.empty(height * taps * width, dtype=x.dtype)
        places = np.empty(height * taps, dtype=np.int64)
        sources, rowptrs, cols, weights = pointer(x), pointer(rowptr), pointer(col), pointer(weight)
        edges, zeros, buffer, table = (
            pointer(edge),
            pointer(background),
            pointer(held),
            pointer(places),
        )
        matrices, results, stride = pointer(kernel), pointer(out), out.shape[1]
        offsets = pointer(bias)
        weighted, ordered = len(weight) > 0, len(edge) > 0
        simple = not weighted and not dense
        for i in range(lo, hi, height):
            count = min(height, hi - i)
            for r in range(count):
                row = i + r if dense else (i + r) * taps
                if simple and _complete(
                    sources, width, x.itemsize, cols, rowptrs, row, taps, table, r * taps
                ):
                    continue
                for k in range(taps):
                    at = r * taps + k
                    here = row if dense else row + k
                    table[at] = _row_of(
                        nothing, sources, width, cols, weights, weighted, edges, ordered, dense,
                        taps, k, np.int64(rowptrs[here]), np.int64(rowptrs[here + 1]), zeros,
                        buffer, at * width,
                    )  # fmt: skip
            multiply(
                table, taps, width, count, matrices, offsets, nothing, results, i * stride, stride,
                kernel.shape[0],
            )  # fmt: skip

    return rows


@cache
def _kernel_grad_parts(size: int) -> Any:
    @inlined
    def strip(
        total: Any, zero: Any, table: Any, count: Any, c: Any, grad: Any, begin: Any, stride: Any,
        out: Any, at: Any,
    ) -> None:  # fmt: skip
        value = load_tile(out, at, stride, total)
        for r in range(count):
            numbers = consecutive(table[r], total)
            value = add_product(value, numbers, c, load(grad, begin + r * stride, zero))
        store_tile(out, at, stride, value)

    @jit
    def parts(
        lo: int, hi: int, x: Any, grad: Any, rowptr: Any, col: Any, weight: Any, dense: Any,
        taps: Any, chunk: Any, height: Any, out: Any,
    ) -> None:  # fmt: skip
        """Part p covers tap ``p % taps`` on the ``p // taps``-th chunk of targets."""
        width, stride, nothing = x.shape[1], grad.shape[1], x.dtype.type(0)
        zero = fill(nothing, size)
        many, one = tile(zero, 8), tile(zero, 1)
        background = np.zeros(width + 1, dtype=x.dtype)
        background[width] = 1
        held = np.empty(height * width, dtype=x.dtype)
        places = np.empty(height, dtype=np.int64)
        sources, rowptrs, cols, weights = pointer(x), pointer(rowptr), pointer(col), pointer(weight)
        zeros, buffer, table = pointer(background), pointer(held), pointer(places)
        grads, results, weighted = pointer(grad), pointer(out), len(weight) > 0
        for part in range(lo, hi):
            k, begin = part % taps, part // taps * chunk
            for i in range(begin, min(begin + chunk, len(grad)), height):
                count = min(height, min(begin + chunk, len(grad)) - i)
                for r in range(count):
                    row = i + r if dense else (i + r) * taps + k
                    places[r] = _row_of(
                        nothing, sources, width, cols, weights, weighted, cols, False, dense,
                        taps, k, np.int64(rowptrs[row]), np.int64(rowptrs[row + 1]), zeros, buffer,
                        r * width,
                    )  # fmt: skip
                for p in range(0, stride, lanes(zero)):
                    c = 0
                    while c + 8 <= width:
                        at = (part * width + c) * stride + p
                        strip(
                            many, zero, table, count, c, grads, i * stride + p, stride, results, at
                        )
                        c += 8
                    while c < width:
                        at = (part * width + c) * stride + p
                        strip(
                            one, zero, table, count, c, grads, i * stride + p, stride, results, at
                        )
                        c += 1

    return parts


@cache
def _weight_grad_rows(size: int) -> Any:
    multiply = _multiply_rows(size)

    @jit
    def rows(
        lo: int, hi: int, x: Any, grad: Any, rowptr: Any, col: Any, dense: Any, taps: Any,
        kernel: Any, height: Any, out: Any,
    ) -> None:  # fmt: skip
        width, nothing, stride = x.shape[1], x.dtype.type(0), kernel.shape[0] * kernel.shape[2]
        held = np.empty(height * stride, dtype=x.dtype)
        places = np.empty(height, dtype=np.int64)
        sources, grads, table = pointer(x), pointer(grad), pointer(places)
        buffer, matrices = pointer(held), pointer(kernel)
        zero, one = fill(nothing, 64), fill(nothing, 1)
        none = np.zeros(stride, dtype=x.dtype)
        zeros = pointer(none)
        for i in range(lo, hi, height):
            count = min(height, hi - i)
            for r in range(count):
                places[r] = address(grads, (i + r) * grad.shape[1])
            multiply(
                table, 1, grad.shape[1], count, matrices, zeros, nothing, buffer, 0, stride,
                kernel.shape[0],
            )  # fmt: skip
            for r in range(count):
                for k in range(taps):
                    row = i + r if dense else (i + r) * taps + k
                    at = r * stride + k * width
                    for e in range(rowptr[row], rowptr[row + 1]):
                        j = np.int64(col[e])
                        found = dot(zero, one, sources, j * width, buffer, at, width)
                        out[e * taps + k if dense else e] = found

    return rows


@cache
def _wide_registers() -> bool:
    from llvmlite.binding import get_host_cpu_features  # type: ignore[import-untyped]

    return bool(get_host_cpu_features().get("avx512f", False))


def _block_size(columns: int, itemsize: int) -> int:
    """Bytes of a block: twice a register where that wastes little, so that 12 rows fit."""
    if not _wide_registers():
        return 32
    return 128 if -columns * itemsize % 128 < 64 else 64


@jit
def _pack_rows(lo: int, hi: int, kernel: Any, packed: Any) -> None:
    step = packed.shape[2]
    for row in range(lo, hi):
        k, c = row // kernel.shape[1], row % kernel.shape[1]
        for p in range(packed.shape[0]):
            first = p * step
            for d in range(step):
                inside = first + d < kernel.shape[2]
                packed[p, row, d] = kernel[k, c, first + d] if inside else 0


def _packed(kernel: Tensor) -> tuple[Tensor, int]:
    """``[k, c_in, c_out]`` → panels ``[p, k·c_in, lanes]``, and the bytes of a block of lanes.

    Not by torch: after an operation of its own its threads spin on the cores that come next here.
    """
    taps, width, columns = kernel.shape
    size = _block_size(columns, kernel.element_size())
    step = size // kernel.element_size()
    packed = kernel.new_empty(-(-columns // step), taps * width, step)
    arrays = (kernel.detach().numpy(), packed.numpy())
    for_rows(_pack_rows, taps * width, *arrays, grain=max(1, _PACK // (columns + 1)))
    return packed, size


def _height(row_bytes: int) -> int:
    return max(12, min(_ROWS, _BUFFER // max(1, row_bytes) // 12 * 12))


def _run(kernel: Callable[..., Any], rows: int, work: int, *args: Any) -> None:
    arrays = (a.detach().contiguous().numpy() if isinstance(a, Tensor) else a for a in args)
    for_rows(kernel, rows, *arrays, grain=max(1, _GRAIN * rows // max(1, work)))


def tap_conv(
    x: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor | None, order: Tensor | None,
    kernel: Tensor, bias: Tensor | None, dense: bool,
) -> Tensor:  # fmt: skip
    """The op ``graphvision::tap_conv`` on the CPU."""
    taps, width, columns = kernel.shape
    rows = (len(rowptr) - 1) // (1 if dense else max(1, taps))
    if rows * kernel.numel() == 0:
        return x.new_zeros(rows, columns) + (0 if bias is None else bias)
    packed, size = _packed(kernel)
    out = x.new_empty(rows, packed.shape[0] * packed.shape[2])
    start = x.new_zeros(out.shape[1])
    if bias is not None:
        start[:columns] = bias
    weights = x.new_empty(0) if weight is None else weight.reshape(-1)
    edge = col[:0] if order is None else order
    args = (x, rowptr, col, weights, edge, dense, taps, packed, start)
    height = _height(taps * width * x.element_size())
    _run(_conv_rows(size), rows, rows * kernel.numel(), *args, height, out)
    return out if out.shape[1] == columns else out[:, :columns].contiguous()


def tap_conv_grad_kernel(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor | None, taps: int,
    dense: bool,
) -> Tensor:  # fmt: skip
    """The op ``graphvision::tap_conv_grad_kernel`` on the CPU; sums in a fixed order of chunks."""
    rows, columns, width = len(grad), grad.shape[1], x.shape[1]
    if rows * columns * taps * width == 0:
        return x.new_zeros(taps, width, columns)
    size = _block_size(columns, x.element_size())
    grad = torch.nn.functional.pad(grad, (0, -columns % (size // x.element_size())))
    one = taps * width * grad.shape[1] * x.element_size()
    chunks = max(1, min(16, rows // 1024, _PARTIALS // one))
    chunk = -(-rows // chunks)
    out = x.new_zeros(chunks, taps, width, grad.shape[1])
    weights = x.new_empty(0) if weight is None else weight.reshape(-1)
    args = (x, grad, rowptr, col, weights, dense, taps, chunk, _GRAD_ROWS, out)
    _run(_kernel_grad_parts(size), chunks * taps, rows * one, *args)
    return out.sum(0)[:, :, :columns].contiguous()


def tap_conv_grad_weight(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, kernel: Tensor, dense: bool
) -> Tensor:
    """The op ``graphvision::tap_conv_grad_weight`` on the CPU."""
    taps, width, columns = kernel.shape
    out = x.new_zeros(len(col) * (taps if dense else 1))
    if len(grad) * kernel.numel() > 0:
        packed, size = _packed(kernel.reshape(1, taps * width, columns).transpose(1, 2))
        height = _height(taps * width * x.element_size())
        args = (x, grad, rowptr, col, dense, taps, packed, height, out)
        _run(_weight_grad_rows(size), len(grad), len(grad) * kernel.numel(), *args)
    return out.view(len(col), taps) if dense else out
