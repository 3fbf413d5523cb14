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
    keep,
    lanes,
    load,
    pointer,
)
from graphvision.kernels._numba_tiles import (
    add_product,
    address,
    consecutive,
    load_tile,
    store_tile,
    tile,
)
from graphvision.kernels._pool import for_rows
from graphvision.kernels.basis._numba_product import block_size, multiply_rows, packed_kernel
from graphvision.kernels.basis._numba_rows import complete, row_of
from graphvision.kernels.gather._numba_weighted import dot

_GRAIN = 1 << 20  # multiply-adds that are worth a thread
_BUFFER = 1 << 18  # bytes of sums that a thread keeps: a part of any second-level cache
_ROWS, _GRAD_ROWS = 96, 64  # targets of a table at most, forward and for the kernel's gradient
_PARTIALS = 1 << 25  # bytes of partial gradients of the kernel


@cache
def _conv_rows(size: int) -> Any:
    multiply = multiply_rows(size)

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
                if simple and complete(
                    sources, width, x.itemsize, cols, rowptrs, row, taps, table, r * taps
                ):
                    continue
                for k in range(taps):
                    at = r * taps + k
                    here = row if dense else row + k
                    table[at] = row_of(
                        nothing, sources, width, cols, weights, weighted, edges, ordered, dense,
                        taps, k, np.int64(rowptrs[here]), np.int64(rowptrs[here + 1]), zeros,
                        buffer, at * width,
                    )  # fmt: skip
            multiply(
                table, taps, width, count, matrices, offsets, nothing, results, i * stride, stride,
                kernel.shape[0],
            )  # fmt: skip
        keep(background)
        keep(held)
        keep(places)

    return rows


@cache
def _kernel_grad_parts(size: int) -> Any:
    @inlined
    def strip(
        total: Any, zero: Any, table: Any, count: Any, c: Any, grad: Any, begin: Any, stride: Any,
        out: Any, at: Any, more: Any,
    ) -> None:  # fmt: skip
        value = load_tile(out, at, stride, total) if more else total
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
                    places[r] = row_of(
                        nothing, sources, width, cols, weights, weighted, cols, False, dense,
                        taps, k, np.int64(rowptrs[row]), np.int64(rowptrs[row + 1]), zeros, buffer,
                        r * width,
                    )  # fmt: skip
                for p in range(0, stride, lanes(zero)):
                    c = 0
                    while c + 8 <= width:
                        at = (part * width + c) * stride + p
                        strip(
                            many, zero, table, count, c, grads, i * stride + p, stride, results,
                            at, i > begin,
                        )  # fmt: skip
                        c += 8
                    while c < width:
                        at = (part * width + c) * stride + p
                        strip(
                            one, zero, table, count, c, grads, i * stride + p, stride, results,
                            at, i > begin,
                        )  # fmt: skip
                        c += 1
        keep(background)
        keep(held)
        keep(places)

    return parts


@jit
def _sum_chunks(lo: int, hi: int, chunks: Any, out: Any) -> None:
    """Sum over the chunks, and turn every matrix; a part covers 16 channels of one tap."""
    columns, channels = out.shape[1], out.shape[2]
    parts = (channels + 15) // 16
    for part in range(lo, hi):
        k, first = part // parts, part % parts * 16
        last = min(channels, first + 16)
        for left in range(0, columns, 16):
            for c in range(first, last):
                for d in range(left, min(columns, left + 16)):
                    value = chunks[0, k, c, d]
                    for q in range(1, len(chunks)):
                        value += chunks[q, k, c, d]
                    out[k, d, c] = value


@cache
def _weight_grad_rows(size: int) -> Any:
    multiply = multiply_rows(size)

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
        keep(held)
        keep(places)
        keep(none)

    return rows


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
    packed, size = packed_kernel(kernel)
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
    """The op ``graphvision::tap_conv_grad_kernel`` on the CPU; sums in a fixed order of chunks.

    The result is ``[k, c_in, c_out]`` with channels last in memory, as torch lays kernels out.
    """
    rows, columns, width = len(grad), grad.shape[1], x.shape[1]
    if rows * columns * taps * width == 0:
        return x.new_zeros(taps, columns, width).transpose(1, 2)
    size = block_size(columns, x.element_size())
    grad = torch.nn.functional.pad(grad, (0, -columns % (size // x.element_size())))
    one = taps * width * grad.shape[1] * x.element_size()
    chunks = max(1, min(16, rows // 1024, _PARTIALS // one))
    chunk = -(-rows // chunks)
    chunks = -(-rows // chunk)
    out = x.new_empty(chunks, taps, width, grad.shape[1])
    weights = x.new_empty(0) if weight is None else weight.reshape(-1)
    args = (x, grad, rowptr, col, weights, dense, taps, chunk, _GRAD_ROWS, out)
    _run(_kernel_grad_parts(size), chunks * taps, rows * one, *args)
    turned = x.new_empty(taps, columns, width)
    parts = taps * -(-width // 16)
    _run(_sum_chunks, parts, taps * width * columns * chunks, out, turned)
    return turned.transpose(1, 2)


def tap_conv_grad_weight(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, kernel: Tensor, dense: bool
) -> Tensor:
    """The op ``graphvision::tap_conv_grad_weight`` on the CPU."""
    taps, width, columns = kernel.shape
    out = x.new_zeros(len(col) * (taps if dense else 1))
    if len(grad) * kernel.numel() > 0:
        packed, size = packed_kernel(kernel.reshape(1, taps * width, columns).transpose(1, 2))
        height = _height(taps * width * x.element_size())
        args = (x, grad, rowptr, col, dense, taps, packed, height, out)
        _run(_weight_grad_rows(size), len(grad), len(grad) * kernel.numel(), *args)
    return out.view(len(col), taps) if dense else out
