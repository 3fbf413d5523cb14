"""Exact neighbours on the CPU: points sorted along their longest axis, searched outwards.

The search stops where the gap along that axis alone is too large. No fast-math here: distances must
have the bits of the reference, so that ties fall the same way.
"""

from typing import Any

import numba as nb
import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._pool import for_rows

_JIT: dict[str, Any] = {"nogil": True, "cache": True, "boundscheck": False}
_GRAIN = 256  # queries that are worth a thread
_SHORT = 48  # up to here, plain insertion sort


@nb.njit(**_JIT)
def _distance(points: Any, a: int, b: int) -> float:
    total = 0.0
    for c in range(points.shape[1]):
        gap = points[a, c] - points[b, c]
        total += gap * gap
    return total


@nb.njit(**_JIT)
def _offer(distance: float, j: int, near: Any, far: Any, held: int) -> int:
    """Insert (distance, j) into the sorted list of the nearest; equal distance: lower j first."""
    k = len(near)
    if held == k:
        if distance > far[k - 1] or (distance == far[k - 1] and j > near[k - 1]):
            return held
        held -= 1
    at = held
    while at > 0 and (far[at - 1] > distance or (far[at - 1] == distance and near[at - 1] > j)):
        far[at], near[at] = far[at - 1], near[at - 1]
        at -= 1
    far[at], near[at] = distance, j
    return held + 1


@nb.njit(**_JIT)
def _sort(keys: Any) -> None:
    """Shell sort; NumPy's takes seconds to compile."""
    gap = 1 if len(keys) <= _SHORT else len(keys) // 2
    while gap > 0:
        for k in range(gap, len(keys)):
            key = keys[k]
            at = k
            while at >= gap and keys[at - gap] > key:
                keys[at] = keys[at - gap]
                at -= gap
            keys[at] = key
        gap //= 2


@nb.njit(**_JIT)
def _nearest_rows(
    lo: int, hi: int, points: Any, axis: Any, order: Any, batch: Any, ptr: Any, k: int, loops: bool,
    start: Any, out: Any,
) -> None:  # fmt: skip
    near, far = np.empty(k, np.int64), np.empty(k)
    for place in range(lo, hi):
        i = order[place]
        first, last = ptr[batch[i]], ptr[batch[i] + 1]
        held = 0
        if loops:
            held = _offer(0.0, i, near, far, held)
        below, above = place - 1, place + 1
        while below >= first or above < last:
            for side in range(2):
                at = below if side == 0 else above
                if at < first or at >= last:
                    continue
                gap = points[order[at], axis[batch[i]]] - points[i, axis[batch[i]]]
                if held == k and gap * gap > far[k - 1]:
                    if side == 0:
                        below = first - 1
                    else:
                        above = last
                    continue
                held = _offer(_distance(points, i, order[at]), order[at], near, far, held)
                if side == 0:
                    below -= 1
                else:
                    above += 1
        for s in range(held):
            out[start[i] + s] = near[s]
        _sort(out[start[i] : start[i] + held])


@nb.njit(**_JIT)
def _radius_rows(
    lo: int, hi: int, points: Any, axis: Any, order: Any, batch: Any, ptr: Any, limit: float,
    loops: bool, start: Any, out: Any,
) -> None:  # fmt: skip
    """Count into ``start`` where ``out`` is empty, else write."""
    count_only = len(out) == 0
    for place in range(lo, hi):
        i = order[place]
        first, last = ptr[batch[i]], ptr[batch[i] + 1]
        held = 0
        for side in range(2):
            at = place if side == 0 else place + 1
            while first <= at < last:
                j = order[at]
                gap = points[j, axis[batch[i]]] - points[i, axis[batch[i]]]
                if gap * gap > limit:
                    break
                if (j != i or loops) and _distance(points, i, j) <= limit:
                    if not count_only:
                        out[start[i] + held] = j
                    held += 1
                at += -1 if side == 0 else 1
        if count_only:
            start[i] = held
        else:
            _sort(out[start[i] : start[i] + held])


def _sweep(points: Tensor, ptr: Tensor) -> tuple[Any, ...]:
    """Points, the axis of every image along which they spread most, their order, image, ptr."""
    values = points.detach().double().contiguous().numpy()
    bounds = ptr.numpy()
    counts = np.diff(bounds)
    batch = np.repeat(np.arange(len(counts)), counts)
    axis = np.zeros(len(counts), np.int64)
    filled = counts > 0
    if filled.any() and values.shape[1] > 1:
        starts = bounds[:-1][filled]
        spread = np.maximum.reduceat(values, starts) - np.minimum.reduceat(values, starts)
        axis[filled] = spread.argmax(1)
    along = np.take_along_axis(values, axis[batch][:, None], 1)[:, 0]
    order = np.lexsort((along, batch))
    return values, axis, order, batch, bounds


def nearest_edges(points: Tensor, ptr: Tensor, k: int, *, loops: bool) -> Tensor:
    """See :func:`graphvision.kernels.knn.nearest_edges`."""
    points = points if points.shape[1] else points.new_zeros(len(points), 1)
    sweep = _sweep(points, ptr)
    batch, bounds = sweep[3:]
    counts = np.diff(bounds)
    degree = np.minimum(k, counts - (0 if loops else 1))[batch]
    start = np.zeros(len(degree) + 1, np.int64)
    np.cumsum(degree, out=start[1:])
    source = np.empty(start[-1], np.int64)
    held = max(1, min(k, int(counts.max(initial=1))))
    for_rows(_nearest_rows, len(degree), *sweep, held, loops, start, source, grain=_GRAIN)
    return _edges(source, degree)


def radius_edges(points: Tensor, ptr: Tensor, radius: float, *, loops: bool) -> Tensor:
    """See :func:`graphvision.kernels.knn.radius_edges`."""
    points = points if points.shape[1] else points.new_zeros(len(points), 1)
    sweep = _sweep(points, ptr)
    degree = np.zeros(len(points), np.int64)
    empty = np.empty(0, np.int64)
    limit = radius * radius
    for_rows(_radius_rows, len(points), *sweep, limit, loops, degree, empty, grain=_GRAIN)
    start = np.zeros(len(degree) + 1, np.int64)
    np.cumsum(degree, out=start[1:])
    source = np.empty(start[-1], np.int64)
    if len(source):
        for_rows(_radius_rows, len(points), *sweep, limit, loops, start, source, grain=_GRAIN)
    return _edges(source, degree)


def _edges(source: Any, degree: Any) -> Tensor:
    target = np.repeat(np.arange(len(degree)), degree)
    return torch.from_numpy(np.stack([source, target]))
