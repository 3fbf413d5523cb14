"""What Triton kernels over rows of edges have in common. Numbers are read as float32."""

from typing import Any

import triton
import triton.language as tl


@triton.jit
def row_ends(
    rowptr: tl.tensor, i: tl.tensor, rows: tl.tensor, part: tl.tensor, PARTS: tl.constexpr
) -> Any:
    """The first edge of part ``part`` of rows i and the one after its last; none after ``rows``."""
    here = i < rows
    first = tl.load(rowptr + i, here, 0)
    last = tl.load(rowptr + i + 1, here, 0)
    if PARTS > 1:
        length = tl.cdiv(last - first, PARTS)
        first = tl.minimum(first + part * length, last)
        last = tl.minimum(first + length, last)
    return first, last


@triton.jit
def edges_at(first: tl.tensor, last: tl.tensor, start: tl.tensor, L: tl.constexpr) -> Any:
    """The edges ``[m, l]`` that L lanes of every row read in a step, and which of them exist."""
    e = first[:, None] + start + tl.arange(0, L)[None, :]
    return e, e < last[:, None]


@triton.jit
def channels_of(
    x: tl.tensor, row: tl.tensor, c: tl.tensor, live: tl.tensor, C: tl.constexpr
) -> Any:
    """``x[row, c]`` as ``[m, l, c]``; 0 where an edge or a channel doesn't exist."""
    at = (x + row.to(tl.int64) * C)[:, :, None] + c[None, None, :]
    return tl.load(at, live[:, :, None] & (c < C)[None, None, :], 0.0).to(tl.float32)


@triton.jit
def heads_of(
    x: tl.tensor,
    row: tl.tensor,
    h: tl.tensor,
    w: tl.tensor,
    live: tl.tensor,
    HEADS: tl.constexpr,
    WIDTH: tl.constexpr,
) -> Any:
    """``x[row, h, w]`` as ``[m, l, h, w]``; 0 where an edge, a head or a channel doesn't exist."""
    c = h[:, None] * WIDTH + w[None, :]
    inside = (h < HEADS)[:, None] & (w < WIDTH)[None, :]
    at = (x + row.to(tl.int64) * (HEADS * WIDTH))[:, :, None, None] + c[None, None, :, :]
    return tl.load(at, live[:, :, None, None] & inside[None, None, :, :], 0.0).to(tl.float32)


@triton.jit
def plus_edge(
    x: tl.tensor, edge: tl.tensor, weight: tl.tensor, e: tl.tensor, h: tl.tensor, w: tl.tensor,
    live: tl.tensor, HEADS: tl.constexpr, WIDTH: tl.constexpr, SIZE: tl.constexpr,
) -> Any:  # fmt: skip
    """``x + W e`` of edges e, as ``[m, l, h, w]``; ``weight`` has one row per feature."""
    c = h[:, None] * WIDTH + w[None, :]
    inside = (h < HEADS)[:, None] & (w < WIDTH)[None, :]
    for d in range(SIZE):
        feature = tl.load(edge + e.to(tl.int64) * SIZE + d, live, 0.0).to(tl.float32)
        column = tl.load(weight + d * (HEADS * WIDTH) + c, inside, 0.0).to(tl.float32)
        x += feature[:, :, None, None] * column[None, None, :, :]
    return x


@triton.jit
def factors_of(
    weight: tl.tensor, e: tl.tensor, h: tl.tensor, live: tl.tensor, HEADS: tl.constexpr
) -> Any:
    """``weight[e, h]`` as ``[m, l, h]``; 0 where an edge or a head doesn't exist."""
    at = (weight + e.to(tl.int64) * HEADS)[:, :, None] + h[None, None, :]
    return tl.load(at, live[:, :, None] & (h < HEADS)[None, None, :], 0.0).to(tl.float32)


@triton.jit
def store_factors(
    out: tl.tensor,
    e: tl.tensor,
    h: tl.tensor,
    live: tl.tensor,
    value: tl.tensor,
    HEADS: tl.constexpr,
) -> None:
    """Write ``value[m, l, h]`` to ``out[e, h]`` where an edge and a head exist."""
    at = (out + e.to(tl.int64) * HEADS)[:, :, None] + h[None, None, :]
    tl.store(at, value, live[:, :, None] & (h < HEADS)[None, None, :])
