"""Sums over edges scaled by every basis function, in registers, on the GPU.

A graph whose rows have a tap each is the case of one function, which may be 1.
"""

import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_rows import (
    channels_of,
    edges_at,
    factors_of,
    heads_of,
    row_ends,
    store_factors,
)
from graphvision.kernels._triton_tiles import cdiv, launch, tile


@triton.jit(do_not_specialize=["rows"])
def _sum_rows(
    x: tl.tensor, rowptr: tl.tensor, col: tl.tensor, basis: tl.tensor, order: tl.tensor,
    out: tl.tensor, rows: tl.tensor, C: tl.constexpr, FUNCTIONS: tl.constexpr, SCALED: tl.constexpr,
    ORDERED: tl.constexpr, M: tl.constexpr, L: tl.constexpr, K: tl.constexpr, W: tl.constexpr,
    UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    k = (tl.program_id(1) // tl.cdiv(C, W)) * K + tl.arange(0, K)
    c = (tl.program_id(1) % tl.cdiv(C, W)) * W + tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    total = tl.zeros((M, L, K, W), tl.float32)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            t, live = edges_at(first, last, start + u * L, L)
            v = channels_of(x, tl.load(col + t, live, 0), c, live, C)[:, :, None, :]
            if SCALED:
                e = t
                if ORDERED:
                    e = tl.load(order + t, live, 0)
                v = factors_of(basis, e, k, live, FUNCTIONS)[:, :, :, None] * v
            total += v
    inside = (k < FUNCTIONS)[:, None] & (c < C)[None, :]
    place = i.to(tl.int64)[:, None, None] * (FUNCTIONS * C) + (k[:, None] * C + c[None, :])[None]
    tl.store(out + place, tl.sum(total, 1), (i < rows)[:, None, None] & inside[None, :, :])


@triton.jit(do_not_specialize=["rows"])
def _sum_back_rows(
    grad: tl.tensor, basis: tl.tensor, rowptr: tl.tensor, row: tl.tensor, order: tl.tensor,
    out: tl.tensor, rows: tl.tensor, C: tl.constexpr, FUNCTIONS: tl.constexpr, M: tl.constexpr,
    L: tl.constexpr, K: tl.constexpr, W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    j = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * W + tl.arange(0, W)
    first, last = row_ends(rowptr, j, rows, 0, 1)
    total = tl.zeros((M, L, K, W), tl.float32)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            t, live = edges_at(first, last, start + u * L, L)
            i, e = tl.load(row + t, live, 0), tl.load(order + t, live, 0)
            for begin in range(0, FUNCTIONS, K):
                k = begin + tl.arange(0, K)
                factor = factors_of(basis, e, k, live, FUNCTIONS)
                total += factor[:, :, :, None] * heads_of(grad, i, k, c, live, FUNCTIONS, C)
    place = j.to(tl.int64)[:, None] * C + c[None, :]
    here = (j < rows)[:, None] & (c < C)[None, :]
    tl.store(out + place, tl.sum(tl.sum(total, 2), 1), here)


@triton.jit(do_not_specialize=["rows"])
def _basis_grad_rows(
    x: tl.tensor, grad: tl.tensor, rowptr: tl.tensor, col: tl.tensor, out: tl.tensor,
    rows: tl.tensor, C: tl.constexpr, FUNCTIONS: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
    K: tl.constexpr, W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    k = tl.program_id(1) * K + tl.arange(0, K)
    c = tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    g = heads_of(grad, i[:, None], k, c, (i < rows)[:, None], FUNCTIONS, C)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            e, live = edges_at(first, last, start + u * L, L)
            v = channels_of(x, tl.load(col + e, live, 0), c, live, C)[:, :, None, :]
            store_factors(out, e, k, live, tl.sum(g * v, 3), FUNCTIONS)


def sum_rows(
    x: Tensor, rowptr: Tensor, col: Tensor, basis: Tensor | None, order: Tensor | None, out: Tensor,
    edges: int,
) -> None:  # fmt: skip
    """Write ``Σ_e b_k(e) x_j`` of rows with ``edges`` edges in all to ``out``, ``[m, k·c]``."""
    rows, functions = rowptr.shape[0] - 1, 1 if basis is None else basis.shape[1]
    cut = tile(rows, edges, x, functions=functions)
    blocks = cdiv(functions, cut.heads) * cdiv(x.shape[1], cut.width)
    launch(
        _sum_rows, (*cut.grid(rows, blocks)[:2], 1), x, rowptr, col, x if basis is None else basis,
        col if order is None else order, out, rows, C=x.shape[1], FUNCTIONS=functions,
        SCALED=basis is not None, ORDERED=order is not None, K=cut.heads, UNROLL=cut.unroll,
        **cut.sizes,
    )  # fmt: skip


def sum_back_rows(
    grad: Tensor, basis: Tensor, rowptr: Tensor, row: Tensor, order: Tensor, out: Tensor
) -> None:
    """Write ``Σ_e Σ_k b_k(e) g_i,k`` over the reversed edges to ``out``, ``[n, c]``."""
    (rows, width), functions = out.shape, basis.shape[1]
    cut = tile(rows, row.shape[0], out, functions=functions)
    launch(
        _sum_back_rows, (*cut.grid(rows, cdiv(width, cut.width))[:2], 1), grad, basis, rowptr, row,
        order, out, rows, C=width, FUNCTIONS=functions, K=cut.heads, UNROLL=1, **cut.sizes,
    )  # fmt: skip


def basis_grad_rows(
    x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, out: Tensor, edges: int
) -> None:
    """Write ``x_j · g_i,k`` of every edge of rows with ``edges`` edges in all to ``out[e, k]``."""
    rows, functions = rowptr.shape[0] - 1, out.shape[1]
    cut = tile(rows, edges, x, 1, functions=functions)
    launch(
        _basis_grad_rows, (*cut.grid(rows, cdiv(functions, cut.heads))[:2], 1), x, grad, rowptr,
        col, out, rows, C=x.shape[1], FUNCTIONS=functions, K=cut.heads, UNROLL=cut.unroll,
        **cut.sizes,
    )  # fmt: skip
