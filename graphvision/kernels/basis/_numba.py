"""Basis-weighted sums in registers on the CPU, without an ``[e, k·c]`` buffer."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    fill,
    inlined,
    load,
    multiply_add,
    over_channels,
    pointer,
    splat,
    store,
)
from graphvision.kernels.gather._numba import run_rows
from graphvision.kernels.gather._numba_weighted import dot, weighted_block


@jit
def _gather_rows(lo: int, hi: int, x: Any, basis: Any, rowptr: Any, col: Any, out: Any) -> None:
    width, count, nothing = x.shape[1], basis.shape[1], x.dtype.type(0)
    sources, cols, values, results = pointer(x), pointer(col), pointer(basis), pointer(out)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for k in range(count):
            over_channels(
                weighted_block, nothing, 0, width, k, count, sources, width, cols, values, cols,
                False, first, last, results, (i * count + k) * width,
            )  # fmt: skip


@inlined
def _back_block(
    zero: Any, c: Any, grad: Any, width: Any, basis: Any, count: Any, row: Any, edge: Any,
    first: Any, last: Any, out: Any, base: Any,
) -> None:  # fmt: skip
    value = zero
    for t in range(first, last):
        place, at = np.int64(row[t]) * count * width + c, np.int64(edge[t]) * count
        for k in range(count):
            factor = splat(basis[at + k], zero)
            value = multiply_add(factor, load(grad, place + k * width, zero), value)
    store(out, base + c, value)


@jit
def _back_rows(
    lo: int, hi: int, grad: Any, basis: Any, rowptr: Any, row: Any, edge: Any, out: Any
) -> None:
    width, count, nothing = out.shape[1], basis.shape[1], out.dtype.type(0)
    grads, values, results = pointer(grad), pointer(basis), pointer(out)
    rows, edges = pointer(row), pointer(edge)
    for j in range(lo, hi):
        over_channels(
            _back_block, nothing, 0, width, grads, width, values, count, rows, edges, rowptr[j],
            rowptr[j + 1], results, j * width,
        )  # fmt: skip


@jit
def _basis_grad_rows(lo: int, hi: int, x: Any, grad: Any, rowptr: Any, col: Any, out: Any) -> None:
    width, count, nothing = x.shape[1], out.shape[1], x.dtype.type(0)
    sources, grads = pointer(x), pointer(grad)
    zero, one = fill(nothing, 64), fill(nothing, 1)
    for i in range(lo, hi):
        for e in range(rowptr[i], rowptr[i + 1]):
            j = np.int64(col[e])
            for k in range(count):
                at = (i * count + k) * width
                out[e, k] = dot(zero, one, sources, j * width, grads, at, width)


def basis_gather(x: Tensor, rowptr: Tensor, col: Tensor, basis: Tensor) -> Tensor:
    """The op ``graphvision::basis_gather`` on the CPU."""
    out = x.new_empty(len(rowptr) - 1, basis.shape[1] * x.shape[1])
    work = basis.numel() * x.shape[1]
    run_rows(_gather_rows, len(out), work, x, basis, rowptr, col, out)
    return out


def basis_gather_grad_x(
    grad: Tensor, basis: Tensor, back_rowptr: Tensor, back_col: Tensor, order: Tensor, width: int
) -> Tensor:
    """The op ``graphvision::basis_gather_grad_x`` on the CPU."""
    out = grad.new_empty(len(back_rowptr) - 1, width)
    work = basis.numel() * width
    run_rows(_back_rows, len(out), work, grad, basis, back_rowptr, back_col, order, out)
    return out


def basis_gather_grad_basis(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, functions: int
) -> Tensor:
    """The op ``graphvision::basis_gather_grad_basis`` on the CPU."""
    out = x.new_empty(len(col), functions)
    work = out.numel() * x.shape[1]
    run_rows(_basis_grad_rows, len(grad), work, x, grad, rowptr, col, out)
    return out
