"""Reduce over the neighbours in registers, row by row, without an ``[e, c]`` buffer, on the GPU."""

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_rows import channels_of, edges_at, row_ends
from graphvision.kernels._triton_tiles import cdiv, launch, tile
from graphvision.kernels.gather._reference import STD_FLOOR

CODES = {"sum": 0, "mean": 1, "max": 2, "min": 3, "std": 4}
_MEAN_OF_PART, _SQUARES_OF_PART = 5, 6


@triton.jit
def _reduced(
    total: tl.tensor, top: tl.tensor, low: tl.tensor, mean: tl.tensor, squares: tl.tensor,
    count: tl.tensor, CODE: tl.constexpr, FLOOR: tl.constexpr,
) -> Any:  # fmt: skip
    """The result of one reduction from what the lanes have seen."""
    degree = tl.sum(count, 1)
    several = tl.maximum(degree, 1.0)[:, None]
    if CODE == 0:
        value = tl.sum(total, 1)
    elif CODE == 1:
        value = tl.sum(total, 1) / several
    elif CODE == 2:
        known = tl.sum((top != top).to(tl.int32), 1) == 0
        value = tl.where(known, tl.max(top, 1), float("nan"))
    elif CODE == 3:
        known = tl.sum((low != low).to(tl.int32), 1) == 0
        value = tl.where(known, tl.min(low, 1), float("nan"))
    else:
        middle = tl.sum(count[:, :, None] * mean, 1) / several
        if CODE == 5:
            value = middle
        else:
            apart = mean - middle[:, None, :]
            value = tl.sum(squares + count[:, :, None] * apart * apart, 1)
            if CODE == 4:
                value = value / several
                value = tl.where(value <= FLOOR, 0.0, tl.sqrt_rn(value))
    return value


@triton.jit(do_not_specialize=["rows"])
def _reduce_rows(
    x: tl.tensor, rowptr: tl.tensor, col: tl.tensor, out: tl.tensor, rows: tl.tensor,
    C: tl.constexpr, CODES: tl.constexpr, COUNT: tl.constexpr, SUMS: tl.constexpr,
    TOPS: tl.constexpr, LOWS: tl.constexpr, SPREADS: tl.constexpr, FLOOR: tl.constexpr,
    PARTS: tl.constexpr, M: tl.constexpr, L: tl.constexpr, W: tl.constexpr, UNROLL: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * W + tl.arange(0, W)
    part = tl.program_id(2)
    first, last = row_ends(rowptr, i, rows, part, PARTS)
    total = tl.zeros((M, L, W), tl.float32)
    top = tl.full((M, L, W), float("-inf"), tl.float32)
    low = tl.full((M, L, W), float("inf"), tl.float32)
    mean = tl.zeros((M, L, W), tl.float32)
    squares = tl.zeros((M, L, W), tl.float32)
    count = tl.zeros((M, L), tl.float32)
    for start in range(0, tl.max(last - first), L * UNROLL):
        for u in tl.static_range(UNROLL):
            e, live = edges_at(first, last, start + u * L, L)
            v = channels_of(x, tl.load(col + e, live, 0), c, live, C)
            count += live.to(tl.float32)
            if SUMS:
                total += v
            if TOPS:
                top = tl.where(live[:, :, None] & ((v > top) | (v != v)), v, top)
            if LOWS:
                low = tl.where(live[:, :, None] & ((v < low) | (v != v)), v, low)
            if SPREADS:
                apart = tl.where(live[:, :, None], v - mean, 0.0)
                mean += apart / tl.maximum(count, 1.0)[:, :, None]
                squares += apart * (v - mean)
    here = (i < rows)[:, None] & (c < C)[None, :]
    place = (part.to(tl.int64) * rows + i) * (COUNT * C)
    for r in tl.static_range(COUNT):
        value = _reduced(total, top, low, mean, squares, count, (CODES >> (3 * r)) & 7, FLOOR)
        if PARTS == 1:
            value = tl.where((last > first)[:, None], value, 0.0)
        tl.store(out + place[:, None] + r * C + c[None, :], value, here)


def _packed(codes: Sequence[int]) -> dict[str, Any]:
    flags = {"SUMS": {0, 1}, "TOPS": {2}, "LOWS": {3}, "SPREADS": {4, 5, 6}}
    constants: dict[str, Any] = {name: not kinds.isdisjoint(codes) for name, kinds in flags.items()}
    number = sum(code << (3 * r) for r, code in enumerate(codes))
    return constants | {"CODES": number, "COUNT": len(codes)}


def _combined(stored: Tensor, rowptr: Tensor, reduce: Sequence[str], dtype: torch.dtype) -> Tensor:
    """The reductions of rows ``[m, r·c]`` from those of their parts ``[p, m, slots, c]``."""
    degree = (rowptr[1:] - rowptr[:-1]).unsqueeze(1)
    several = degree.clamp(min=1).float()
    results = []
    for r, name in enumerate(reduce):
        part = stored[:, :, r]
        if name in ("max", "min"):
            value = part.amax(0) if name == "max" else part.amin(0)
        elif name == "std":
            length = (degree + len(part) - 1) // len(part)
            cuts = length * torch.arange(len(part), device=part.device).view(-1, 1, 1)
            count = torch.minimum(length, (degree - cuts).clamp(min=0)).float()
            apart = part - (count * part).sum(0) / several
            value = (stored[:, :, -1] + count * apart * apart).sum(0) / several
            value = torch.where(value <= STD_FLOOR, 0.0, value.sqrt())
        else:
            value = part.sum(0) / several if name == "mean" else part.sum(0)
        results.append(torch.where(degree > 0, value, 0.0).to(dtype))
    return torch.cat(results, 1)


def gather_reduce(x: Tensor, rowptr: Tensor, col: Tensor, reduce: Sequence[str]) -> Tensor:
    """The op ``graphvision::gather_reduce`` on the GPU."""
    rows, width = rowptr.shape[0] - 1, x.shape[1]
    cut = tile(rows, col.shape[0], x)
    codes = [CODES[name] for name in reduce]
    out = x.new_empty(rows, len(codes) * width)
    stored = out
    if cut.parts > 1:
        codes = [{1: 0, 4: _MEAN_OF_PART}.get(code, code) for code in codes]
        codes += [_SQUARES_OF_PART] if "std" in reduce else []
        stored = x.new_empty(cut.parts, rows, len(codes), width, dtype=torch.float32)
    launch(
        _reduce_rows, cut.grid(rows, cdiv(width, cut.width)), x, rowptr, col, stored,
        rows, C=width, FLOOR=STD_FLOOR, PARTS=cut.parts, UNROLL=cut.unroll, **cut.sizes,
        **_packed(codes),
    )  # fmt: skip
    return out if cut.parts == 1 else _combined(stored, rowptr, reduce, x.dtype)
