"""Neighbours on the CPU: cells for positions, products for features, a sweep for radii."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import exact_jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.knn._numba_cells import MAX_AXES, nearest_in_cells
from graphvision.kernels.knn._numba_features import nearest_by_products
from graphvision.kernels.knn._numba_list import sort_short, squared_distance

_GRAIN = 256  # queries that are worth a thread


@exact_jit
def _radius_rows(
    lo: int, hi: int, points: Any, axis: Any, order: Any, batch: Any, ptr: Any, limit: float,
    loops: bool, start: Any, out: Any,
) -> None:  # fmt: skip
    """Search outwards along one axis; count into ``start`` where ``out`` is empty, else write."""
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
                if (j != i or loops) and squared_distance(points, i, j) <= limit:
                    if not count_only:
                        out[start[i] + held] = j
                    held += 1
                at += -1 if side == 0 else 1
        if count_only:
            start[i] = held
        else:
            sort_short(out[start[i] : start[i] + held])


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
    values = points.detach().double().contiguous().numpy()
    bounds = ptr.numpy()
    counts = np.diff(bounds)
    degree = np.repeat(np.clip(counts - (0 if loops else 1), 0, k), counts)
    start = np.zeros(len(degree) + 1, np.int64)
    np.cumsum(degree, out=start[1:])
    source = np.empty(start[-1], np.int64)
    if len(source):
        search = nearest_in_cells if values.shape[1] <= MAX_AXES else nearest_by_products
        search(values, bounds, k, loops, start, source)
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
