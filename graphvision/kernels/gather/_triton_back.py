"""The gradient of reductions on the GPU: one pass over targets where needed, one over sources."""

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_rows import channels_of, edges_at, row_ends
from graphvision.kernels._triton_tiles import cdiv, launch, tile
from graphvision.kernels.gather._triton import CODES


@triton.jit(do_not_specialize=["rows", "r"])
def _scale_rows(
    x: tl.tensor, out: tl.tensor, grad: tl.tensor, rowptr: tl.tensor, col: tl.tensor,
    scale: tl.tensor, extra: tl.tensor, rows: tl.tensor, r: tl.tensor, C: tl.constexpr,
    COUNT: tl.constexpr, CODE: tl.constexpr, FIRST: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
    W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    """What the sources of every target read: a scaled gradient, and the mean or the winner."""
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * W + tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    here = (i < rows)[:, None] & (c < C)[None, :]
    place = (i.to(tl.int64) * COUNT + r)[:, None] * C + c[None, :]
    best = tl.load(out + place, here, 0.0).to(tl.float32)
    g = tl.load(grad + place, here, 0.0).to(tl.float32)
    several = tl.maximum(last - first, 1).to(tl.float32)[:, None]
    total = tl.zeros((M, L, W), tl.float32)
    none = tl.max(last)  # beyond the edges of these rows
    winner = tl.zeros((M, L, W), none.dtype) + none
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            e, live = edges_at(first, last, start + u * L, L)
            v = channels_of(x, tl.load(col + e, live, 0), c, live, C)
            if CODE == 4:
                total += v
            elif FIRST:
                wins = live[:, :, None] & ((v == best[:, None, :]) | (v != v))
                winner = tl.minimum(winner, tl.where(wins, e[:, :, None], none))
            else:
                total += (live[:, :, None] & (v == best[:, None, :])).to(tl.float32)
    if CODE == 4:
        tl.store(extra + place, tl.sum(total, 1) / several, here)
        tl.store(scale + place, tl.where(best <= 0.0, 0.0, g / (several * best)), here)
    elif FIRST:
        tl.store(extra + place, tl.min(winner, 1), here)
    else:
        tl.store(scale + place, g / tl.sum(total, 1), here)


@triton.jit(do_not_specialize=["rows"])
def _back_rows(
    x: tl.tensor, out: tl.tensor, grad: tl.tensor, scale: tl.tensor, mean: tl.tensor,
    winner: tl.tensor, target_rowptr: tl.tensor, rowptr: tl.tensor, row: tl.tensor,
    order: tl.tensor, grad_x: tl.tensor, rows: tl.tensor, C: tl.constexpr, CODES: tl.constexpr,
    COUNT: tl.constexpr, FIRST: tl.constexpr, PARTS: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
    W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    j = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * W + tl.arange(0, W)
    part = tl.program_id(2)
    first, last = row_ends(rowptr, j, rows, part, PARTS)
    here = (j < rows)[:, None] & (c < C)[None, :]
    mine = tl.load(x + j.to(tl.int64)[:, None] * C + c[None, :], here, 0.0)
    mine = mine.to(tl.float32)[:, None, :]
    total = tl.zeros((M, L, W), tl.float32)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            t, live = edges_at(first, last, start + u * L, L)
            i = tl.load(row + t, live, 0).to(tl.int64)
            for r in tl.static_range(COUNT):
                at = i * COUNT + r
                if (CODES >> (3 * r)) & 7 == 0:
                    total += channels_of(grad, at, c, live, C)
                elif (CODES >> (3 * r)) & 7 == 1:
                    begin = tl.load(target_rowptr + i, live, 0)
                    degree = tl.load(target_rowptr + i + 1, live, 1) - begin
                    g = channels_of(grad, at, c, live, C)
                    total += g / degree.to(tl.float32)[:, :, None]
                elif (CODES >> (3 * r)) & 7 == 4:
                    g = channels_of(scale, at, c, live, C)
                    total += g * (mine - channels_of(mean, at, c, live, C))
                elif FIRST:
                    place = (winner + at * C)[:, :, None] + c[None, None, :]
                    exists = live[:, :, None] & (c < C)[None, None, :]
                    e = tl.load(order + t, live, 0)[:, :, None]
                    wins = exists & (tl.load(place, exists, -1) == e)
                    total += tl.where(wins, channels_of(grad, at, c, live, C), 0.0)
                else:
                    best = channels_of(out, at, c, live, C)
                    wins = live[:, :, None] & (mine == best)
                    total += tl.where(wins, channels_of(scale, at, c, live, C), 0.0)
    place = (part.to(tl.int64) * rows + j)[:, None] * C + c[None, :]
    tl.store(grad_x + place, tl.sum(total, 1), here)


def gather_reduce_backward(
    grad: Tensor, x: Tensor, out: Tensor, rowptr: Tensor, col: Tensor, back_rowptr: Tensor,
    back_col: Tensor, order: Tensor, reduce: Sequence[str], ties: str,
) -> Tensor:  # fmt: skip
    """The op ``graphvision::gather_reduce_backward`` on the GPU."""
    codes = [CODES[name] for name in reduce]
    first = ties == "first" and not {2, 3}.isdisjoint(codes)
    shape = {"C": x.shape[1], "COUNT": len(codes), "FIRST": first}
    x, grad = x.contiguous(), grad.contiguous()
    scale = mean = winner = grad  # stands for what no reduction of these reads
    if not {2, 3, 4}.isdisjoint(codes):
        scale = torch.empty_like(out, dtype=torch.float32)
        mean = torch.empty_like(scale) if 4 in codes else grad
        winner = torch.empty_like(out, dtype=order.dtype) if first else grad
    rows = rowptr.shape[0] - 1
    cut = tile(rows, col.shape[0], x)
    grid = (*cut.grid(rows, cdiv(x.shape[1], cut.width))[:2], 1)
    for r, code in enumerate(codes):
        if code >= 2:
            extra = mean if code == 4 else winner
            launch(
                _scale_rows, grid, x, out, grad, rowptr, col, scale, extra, rows, r, CODE=code,
                UNROLL=cut.unroll, **shape, **cut.sizes,
            )  # fmt: skip
    rows = x.shape[0]
    cut = tile(rows, col.shape[0], x)
    grad_x = x.new_empty(x.shape)
    stored = grad_x if cut.parts == 1 else x.new_empty(cut.parts, *x.shape, dtype=torch.float32)
    launch(
        _back_rows, cut.grid(rows, cdiv(x.shape[1], cut.width)), x, out, grad, scale, mean, winner,
        rowptr, back_rowptr, back_col, order, stored, rows, PARTS=cut.parts,
        UNROLL=max(1, cut.unroll // len(codes)),
        CODES=sum(code << (3 * r) for r, code in enumerate(codes)), **shape, **cut.sizes,
    )  # fmt: skip
    return grad_x if cut.parts == 1 else stored.sum(0).to(x.dtype)
