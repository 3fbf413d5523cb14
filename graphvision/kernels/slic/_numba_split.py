"""Cutting the largest regions until there are n, compiled (see ``_split.py``)."""

import heapq
from typing import Any

import numpy as np

from graphvision.kernels._jit import jit


@jit
def _walk(
    out: Any, region: Any, start: Any, tall: Any, order: Any, parent: Any, seen: Any, stamp: Any
) -> Any:
    """Breadth-first order of the pixels of ``region`` from ``start``; returns how many."""
    height, width = out.shape
    order[0], parent[0], seen[start] = start, 0, stamp
    found, at = 1, 0
    while at < found:
        y, x = order[at] // width, order[at] % width
        for turn in range(4):
            side = 1 if turn % 2 == 0 else -1
            v = y + (side if (turn < 2) == tall else 0)
            u = x + (0 if (turn < 2) == tall else side)
            if v < 0 or u < 0 or v >= height or u >= width:
                continue
            other = v * width + u
            if out[v, u] == region and seen[other] != stamp:
                order[found], parent[found], seen[other] = other, at, stamp
                found += 1
        at += 1
    return found


@jit
def _corner(order: Any, size: Any, width: Any) -> Any:
    """The pixel to cut from, and whether the region is at least as high as wide."""
    top, left = order[0], order[0]
    bottom, right = order[0] // width, order[0] % width
    for i in range(size):
        y, x = order[i] // width, order[i] % width
        top = min(top, order[i])
        bottom, right = max(bottom, y), max(right, x)
        if x < left % width or (x == left % width and y < left // width):
            left = order[i]
    tall = bottom - top // width >= right - left % width
    return (top if tall else left), tall


@jit
def _cut(order: Any, parent: Any, size: Any, below: Any) -> Any:
    """The tree edge whose lower part is nearest to half of the pixels; the first on a tie."""
    below[:size] = 1
    for i in range(size - 1, 0, -1):
        below[parent[i]] += below[i]
    best, found = size + 1, 1
    for i in range(1, size):
        gap = abs(2 * below[i] - size)
        if gap < best:
            best, found = gap, i
    return found


@jit
def _halve(
    out: Any,
    region: Any,
    start: Any,
    new: Any,
    order: Any,
    parent: Any,
    below: Any,
    seen: Any,
    stamp: Any,
) -> Any:
    """Give the lower part of the best cut the label ``new``; return its first pixel and size."""
    width = out.shape[1]
    size = _walk(out, region, start, True, order, parent, seen, stamp)
    corner, tall = _corner(order, size, width)
    _walk(out, region, corner, tall, order, parent, seen, stamp + 1)
    cut = _cut(order, parent, size, below)
    half = below[cut]
    below[:size] = 0
    below[cut] = 1
    for i in range(cut + 1, size):
        below[i] = below[parent[i]]
    for i in range(cut, size):
        if below[i] == 1:
            out[order[i] // width, order[i] % width] = new
    return order[0], order[cut], half


@jit
def split_to(out: Any, found: Any, n: Any) -> None:
    """Cut regions of ``out`` ``[h, w]`` (``found`` dense labels, -1 ignored) until ``n`` exist."""
    height, width = out.shape
    first = np.full(n, -1, dtype=np.int64)
    size = np.zeros(n, dtype=np.int64)
    for i in range(height * width):
        k = out[i // width, i % width]
        if k >= 0:
            first[k] = i if first[k] < 0 else first[k]
            size[k] += 1
    queue = [(-size[k] << 32) + k for k in range(found)]
    heapq.heapify(queue)
    order = np.empty(height * width, dtype=np.int64)
    parent, below = np.empty_like(order), np.empty_like(order)
    seen = np.full(height * width, -1, dtype=np.int64)
    for new in range(found, n):
        k = heapq.heappop(queue) & 0xFFFFFFFF
        first[k], first[new], size[new] = _halve(
            out, k, first[k], new, order, parent, below, seen, 2 * new
        )
        size[k] -= size[new]
        heapq.heappush(queue, (-size[k] << 32) + k)
        heapq.heappush(queue, (-size[new] << 32) + new)
    number = np.full(n, -1, dtype=np.int64)
    raster = 0
    for y in range(height):
        for x in range(width):
            k = out[y, x]
            if k >= 0:
                if number[k] < 0:
                    number[k] = raster
                    raster += 1
                out[y, x] = number[k]
