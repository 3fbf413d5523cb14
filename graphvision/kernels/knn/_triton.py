"""Neighbours on the GPU: all pairs of an image, block by block, with the best in registers.

Distances are summed in float64 in the order of the columns, products and sums rounded one by one,
as the reference does it: the same neighbours, ties included.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv, launch_unfused, power
from graphvision.kernels.knn import _reference

_QUERIES, _BLOCK = 16, 32  # points of a program, and those that they are compared with at once
_MOST = 64  # neighbours that fit in registers


@triton.jit
def _queries(ptr: tl.tensor, blocks: tl.tensor, Q: tl.constexpr) -> Any:
    """The points of a program, and the first of their image and the one after its last."""
    image = tl.program_id(0) // blocks
    first, last = tl.load(ptr + image), tl.load(ptr + image + 1)
    return first + (tl.program_id(0) % blocks) * Q + tl.arange(0, Q), first, last


@triton.jit
def _distances(
    points: tl.tensor, q: tl.tensor, p: tl.tensor, last: tl.tensor, n: tl.tensor, D: tl.constexpr,
    LOOPS: tl.constexpr, Q: tl.constexpr, B: tl.constexpr,
) -> Any:  # fmt: skip
    """Squared distances of points q and p, and which pairs count."""
    total = tl.zeros((Q, B), tl.float64)
    for d in range(D):
        column = points + d * n.to(tl.int64)
        a = tl.load(column + q, q < last, 0.0).to(tl.float64)
        b = tl.load(column + p, p < last, 0.0).to(tl.float64)
        gap = a[:, None] - b[None, :]
        total += gap * gap
    pair = (q < last)[:, None] & (p < last)[None, :]
    if not LOOPS:
        pair &= q[:, None] != p[None, :]
    return total, pair


@triton.jit(do_not_specialize=["n", "k", "blocks"])
def _nearest(
    points: tl.tensor, ptr: tl.tensor, near: tl.tensor, n: tl.tensor, k: tl.tensor,
    blocks: tl.tensor, D: tl.constexpr, K: tl.constexpr, LOOPS: tl.constexpr, Q: tl.constexpr,
    B: tl.constexpr,
) -> None:  # fmt: skip
    """Of equally far points the first found is kept, as blocks go up; n where there is none."""
    q, first, last = _queries(ptr, blocks, Q)
    slot = tl.arange(0, K)[None, :]
    best = tl.zeros((Q, K), tl.float64) + tl.where(slot < k, float("inf"), float("-inf"))
    index = tl.zeros((Q, K), q.dtype) + n
    worst = tl.max(best, 1)
    for start in range(first, last, B):
        p = start + tl.arange(0, B)
        distance, pair = _distances(points, q, p, last, n, D, LOOPS, Q, B)
        distance = tl.where(pair & (distance == distance), distance, float("inf"))
        least = tl.min(distance, 1)
        while tl.max((least < worst).to(tl.int32)) > 0:
            better = (least < worst)[:, None]
            found = tl.min(tl.where(distance == least[:, None], p[None, :], n), 1)[:, None]
            loses = best == worst[:, None]
            latest = tl.max(tl.where(loses, index, -1), 1)[:, None]
            place = tl.min(tl.where(loses & (index == latest), slot, K), 1)[:, None]
            here = better & (slot == place)
            best = tl.where(here, least[:, None], best)
            index = tl.where(here, found, index)
            distance = tl.where(better & (p[None, :] == found), float("inf"), distance)
            worst, least = tl.max(best, 1), tl.min(distance, 1)
    tl.store(near + q.to(tl.int64)[:, None] * k + slot, index, (q < last)[:, None] & (slot < k))


@triton.jit(do_not_specialize=["n", "blocks"])
def _within(
    points: tl.tensor, ptr: tl.tensor, limit: tl.tensor, place: tl.tensor, sources: tl.tensor,
    n: tl.tensor, blocks: tl.tensor, D: tl.constexpr, LOOPS: tl.constexpr, FILL: tl.constexpr,
    Q: tl.constexpr, B: tl.constexpr,
) -> None:  # fmt: skip
    """Count the points near enough in ``place``, or write them from where ``place`` says."""
    q, first, last = _queries(ptr, blocks, Q)
    farthest = tl.load(limit)
    at = tl.zeros((Q,), tl.int64)
    if FILL:
        at += tl.load(place + q, q < last, 0)
    for start in range(first, last, B):
        p = start + tl.arange(0, B)
        distance, pair = _distances(points, q, p, last, n, D, LOOPS, Q, B)
        near = pair & (distance <= farthest)
        count = near.to(tl.int32)
        if FILL:
            to = at[:, None] + tl.cumsum(count, 1) - 1
            tl.store(sources + to, tl.zeros((Q, B), p.dtype) + p[None, :], near)
        at += tl.sum(count, 1)
    if not FILL:
        tl.store(place + q, at, q < last)


def nearest(points: Tensor, ptr: Tensor, most: int, k: int, loops: bool) -> Tensor:
    """The k nearest of every point, ``[n, k]`` in no order; n where an image has fewer."""
    near = torch.empty(len(points), k, dtype=ptr.dtype, device=points.device)
    blocks = cdiv(most, _QUERIES)
    launch_unfused(
        _nearest, (blocks * (len(ptr) - 1),), points.t(), ptr, near, len(points), k, blocks,
        D=points.shape[1], K=power(k), LOOPS=loops, Q=_QUERIES, B=_BLOCK,
    )  # fmt: skip
    return near


def within(
    points: Tensor, ptr: Tensor, most: int, radius: float, loops: bool, place: Tensor,
    sources: Tensor | None,
) -> None:  # fmt: skip
    """Count how many points are near every point, in ``place``, or write them to ``sources``."""
    blocks = cdiv(most, _QUERIES)
    limit = torch.full((1,), radius * radius, dtype=torch.float64, device=points.device)
    launch_unfused(
        _within, (blocks * (len(ptr) - 1),), points.t(), ptr, limit, place,
        place if sources is None else sources, len(points), blocks, D=points.shape[1], LOOPS=loops,
        FILL=sources is not None, Q=_QUERIES, B=_BLOCK,
    )  # fmt: skip


def _prepared(points: Tensor, ptr: Tensor) -> tuple[Tensor, int]:
    """``ptr`` in the integers that kernels count in, and the most points of an image."""
    most = int(ptr.diff().max()) if len(ptr) > 1 else 0
    return ptr.to(points.device, torch.int32 if len(points) < 2**31 else torch.int64), most


def nearest_edges(points: Tensor, ptr: Tensor, k: int, *, loops: bool) -> Tensor:
    """See :func:`graphvision.kernels.knn.nearest_edges`; by the reference above 64 neighbours."""
    ends, most = _prepared(points, ptr)
    k = min(k, most)
    if k > _MOST:
        return _reference.nearest_edges(points, ptr, k, loops=loops)
    near = nearest(points, ends, most, k, loops).sort(dim=1).values.long()
    target = torch.arange(len(points), device=points.device).unsqueeze(1).expand_as(near)
    real = near < len(points)
    return torch.stack([near[real], target[real]])


def radius_edges(points: Tensor, ptr: Tensor, radius: float, *, loops: bool) -> Tensor:
    """See :func:`graphvision.kernels.knn.radius_edges`."""
    ends, most = _prepared(points, ptr)
    count = torch.empty(len(points), dtype=torch.int64, device=points.device)
    within(points, ends, most, radius, loops, count, None)
    last = count.cumsum(0)
    total = int(last[-1]) if len(points) else 0
    source = torch.empty(total, dtype=torch.int64, device=points.device)
    within(points, ends, most, radius, loops, last - count, source)
    target = torch.arange(len(points), device=points.device)
    return torch.stack([source, target.repeat_interleave(count, output_size=total)])
