"""Basis gather and convolution on the GPU: sums over the edges first, then torch's matrix product.

The sums of a convolution are made for as many targets at a time as the cache of a GPU holds, in
cuts that follow from shapes, so that no buffer grows with the graph and sums have one order.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv
from graphvision.kernels.basis._triton_rows import basis_grad_rows, sum_back_rows, sum_rows

_CACHED = 1 << 24  # bytes of sums that are multiplied while they are in the cache


def _chunks(rows: int, columns: int, x: Tensor) -> Iterator[tuple[int, int]]:
    size = max(1, _CACHED // max(1, columns * x.element_size()))
    return ((begin, min(begin + size, rows)) for begin in range(0, rows, size))


def basis_gather(x: Tensor, rowptr: Tensor, col: Tensor, basis: Tensor) -> Tensor:
    """The op ``graphvision::basis_gather`` on the GPU."""
    out = x.new_empty(rowptr.shape[0] - 1, basis.shape[1] * x.shape[1])
    sum_rows(x, rowptr, col, basis, None, out, col.shape[0])
    return out


def basis_gather_grad_x(
    grad: Tensor, basis: Tensor, back_rowptr: Tensor, back_col: Tensor, order: Tensor, width: int
) -> Tensor:
    """The op ``graphvision::basis_gather_grad_x`` on the GPU."""
    out = grad.new_empty(back_rowptr.shape[0] - 1, width)
    sum_back_rows(grad, basis, back_rowptr, back_col, order, out)
    return out


def basis_gather_grad_basis(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, functions: int
) -> Tensor:
    """The op ``graphvision::basis_gather_grad_basis`` on the GPU."""
    out = x.new_empty(col.shape[0], functions)
    basis_grad_rows(x, grad, rowptr, col, out, col.shape[0])
    return out


def _sums(
    x: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor | None, order: Tensor | None, taps: int,
    dense: bool,
) -> Iterator[tuple[int, int, Tensor]]:  # fmt: skip
    """Targets begin…end-1 and their sums ``[m, k·c]``, chunk by chunk, in the same memory."""
    each = 1 if dense else taps
    rows, columns = (rowptr.shape[0] - 1) // max(1, each), taps * x.shape[1]
    if weight is not None and not dense:
        weight = weight.view(-1, 1)
    buffer = x.new_empty(0)
    for begin, end in _chunks(rows, columns, x):
        if not buffer.numel():
            buffer = x.new_empty(end - begin, columns)
        sums, edges = buffer[: end - begin], cdiv(col.shape[0] * (end - begin), rows)
        sum_rows(x, rowptr[begin * each : end * each + 1], col, weight, order, sums, edges)
        yield begin, end, sums


def tap_conv(
    x: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor | None, order: Tensor | None,
    kernel: Tensor, bias: Tensor | None, dense: bool,
) -> Tensor:  # fmt: skip
    """The op ``graphvision::tap_conv`` on the GPU."""
    taps, _, columns = kernel.shape
    out = x.new_empty((rowptr.shape[0] - 1) // (1 if dense else max(1, taps)), columns)
    matrix = kernel.detach().flatten(0, 1)
    for begin, end, sums in _sums(x, rowptr, col, weight, order, taps, dense):
        if bias is None:
            torch.mm(sums, matrix, out=out[begin:end])
        else:
            torch.addmm(bias.detach().to(x.dtype), sums, matrix, out=out[begin:end])
    return out


def tap_conv_grad_kernel(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor | None, taps: int,
    dense: bool,
) -> Tensor:  # fmt: skip
    """The op ``graphvision::tap_conv_grad_kernel`` on the GPU; channels last in memory."""
    columns, width = grad.shape[1], x.shape[1]
    total = x.new_zeros(columns, taps * width, dtype=torch.float32)
    for begin, end, sums in _sums(x, rowptr, col, weight, None, taps, dense):
        total += grad[begin:end].T @ sums
    laid = x.new_empty(taps, columns, width)
    laid.copy_(total.view(columns, taps, width).transpose(0, 1))
    return laid.transpose(1, 2)


def tap_conv_grad_weight(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, kernel: Tensor, dense: bool
) -> Tensor:
    """The op ``graphvision::tap_conv_grad_weight`` on the GPU."""
    taps, width, _ = kernel.shape
    each, functions = (1, taps) if dense else (taps, 1)
    out = x.new_empty(col.shape[0], functions)
    matrix = kernel.detach().flatten(0, 1).T
    rows = grad.shape[0]
    for begin, end in _chunks(rows, taps * width, x):
        turned = grad[begin:end] @ matrix
        edges = cdiv(col.shape[0] * (end - begin), rows)
        ends = rowptr[begin * each : end * each + 1]
        basis_grad_rows(x, turned.view((end - begin) * each, -1), ends, col, out, edges)
    return out if dense else out.view(-1)
