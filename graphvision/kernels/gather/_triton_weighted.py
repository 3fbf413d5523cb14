"""Weighted sums over the neighbours in registers, with a weight per edge and head, on the GPU."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_rows import (
    edges_at,
    factors_of,
    heads_of,
    row_ends,
    store_factors,
)
from graphvision.kernels._triton_tiles import cdiv, launch, tile


@triton.jit(do_not_specialize=["rows"])
def _weighted_rows(
    x: tl.tensor, rowptr: tl.tensor, col: tl.tensor, weight: tl.tensor, order: tl.tensor,
    out: tl.tensor, rows: tl.tensor, HEADS: tl.constexpr, WIDTH: tl.constexpr,
    ORDERED: tl.constexpr, PARTS: tl.constexpr, M: tl.constexpr, L: tl.constexpr, H: tl.constexpr,
    W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * H + tl.arange(0, H)
    w = tl.arange(0, W)
    part = tl.program_id(2)
    first, last = row_ends(rowptr, i, rows, part, PARTS)
    total = tl.zeros((M, L, H, W), tl.float32)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            t, live = edges_at(first, last, start + u * L, L)
            e = t
            if ORDERED:
                e = tl.load(order + t, live, 0)
            factor = factors_of(weight, e, h, live, HEADS)
            v = heads_of(x, tl.load(col + t, live, 0), h, w, live, HEADS, WIDTH)
            total += factor[:, :, :, None] * v
    c = h[:, None] * WIDTH + w[None, :]
    inside = ((h < HEADS)[:, None] & (w < WIDTH)[None, :])[None, :, :]
    place = (part.to(tl.int64) * rows + i)[:, None, None] * (HEADS * WIDTH) + c[None, :, :]
    tl.store(out + place, tl.sum(total, 1), (i < rows)[:, None, None] & inside)


@triton.jit(do_not_specialize=["rows"])
def _weight_grad_rows(
    x: tl.tensor, grad: tl.tensor, rowptr: tl.tensor, col: tl.tensor, out: tl.tensor,
    rows: tl.tensor, HEADS: tl.constexpr, WIDTH: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
    H: tl.constexpr, W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * H + tl.arange(0, H)
    w = tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    g = heads_of(grad, i[:, None], h, w, (i < rows)[:, None], HEADS, WIDTH)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            e, live = edges_at(first, last, start + u * L, L)
            v = heads_of(x, tl.load(col + e, live, 0), h, w, live, HEADS, WIDTH)
            store_factors(out, e, h, live, tl.sum(g * v, 3), HEADS)


def gather_weighted(
    x: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor, order: Tensor | None
) -> Tensor:
    """The op ``graphvision::gather_weighted`` on the GPU."""
    rows, heads = rowptr.shape[0] - 1, weight.shape[1]
    cut = tile(rows, col.shape[0], x, heads)
    out = x.new_empty(rows, x.shape[1])
    stored = out if cut.parts == 1 else x.new_empty(cut.parts, *out.shape, dtype=torch.float32)
    launch(
        _weighted_rows, cut.grid(rows, cdiv(heads, cut.heads)), x, rowptr, col, weight,
        col if order is None else order, stored, rows, HEADS=heads, WIDTH=x.shape[1] // heads,
        ORDERED=order is not None, PARTS=cut.parts, H=cut.heads, UNROLL=cut.unroll, **cut.sizes,
    )  # fmt: skip
    return out if cut.parts == 1 else stored.sum(0).to(x.dtype)


def gather_weight_grad(x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, heads: int) -> Tensor:
    """The op ``graphvision::gather_weight_grad`` on the GPU."""
    rows = rowptr.shape[0] - 1
    cut = tile(rows, col.shape[0], x, heads)
    out = x.new_empty(col.shape[0], heads)
    launch(
        _weight_grad_rows, (*cut.grid(rows, cdiv(heads, cut.heads))[:2], 1), x, grad, rowptr, col,
        out, rows, HEADS=heads, WIDTH=x.shape[1] // heads, H=cut.heads, UNROLL=cut.unroll,
        **cut.sizes,
    )  # fmt: skip
    return out
