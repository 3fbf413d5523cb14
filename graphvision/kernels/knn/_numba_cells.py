"""The nearest by position on the CPU: points sorted into cells, rings of cells searched outwards.

A cell holds about two points where they lie evenly; where almost all lie in a few cells, the search
there compares all pairs.
"""

from typing import Any

import numpy as np

from graphvision.kernels._jit import exact_jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.knn._numba_list import offer, sort_short, squared_distance

MAX_AXES = 3
_GRAIN = 256  # queries that are worth a thread
_FILL = 2.5  # points per cell


@exact_jit
def _grids(lo: int, hi: int, points: Any, ptr: Any, origin: Any, side: Any, shape: Any) -> None:
    """The grid of every image: its corner, the side of its cells, and its shape (1 for no axis)."""
    axes = points.shape[1]
    for b in range(lo, hi):
        shape[b] = 1
        side[b] = 1.0
        count = ptr[b + 1] - ptr[b]
        if count == 0:
            continue
        extent = np.zeros(3)
        volume, used, longest = 1.0, 0, 0.0
        for a in range(axes):
            low, high = points[ptr[b], a], points[ptr[b], a]
            for i in range(ptr[b] + 1, ptr[b + 1]):
                low, high = min(low, points[i, a]), max(high, points[i, a])
            origin[b, a], extent[a] = low, high - low
            longest = max(longest, high - low)
            if high > low:
                volume *= high - low
                used += 1
        if used == 0 or not np.isfinite(longest):
            continue
        cells = max(1.0, count / _FILL)
        step = max((volume / cells) ** (1.0 / used), longest / cells)
        while True:
            total = 1.0
            for a in range(axes):
                shape[b, a] = 1 + int(extent[a] / step)
                total *= shape[b, a]
            if total <= 4 * cells + 8:
                break
            step *= 1.5
        side[b] = step


@exact_jit
def _cell(points: Any, i: int, origin: Any, side: float, shape: Any, place: Any) -> int:
    """The cell of point ``i`` in its grid; its coordinates go into ``place``."""
    cell = 0
    for a in range(3):
        at = 0
        if a < points.shape[1]:
            at = min(shape[a] - 1, int((points[i, a] - origin[a]) / side))
        place[a] = at
        cell = cell * shape[a] + at
    return cell


@exact_jit
def _sort_cells(
    lo: int, hi: int, points: Any, ptr: Any, grid: Any, base: Any, first: Any, order: Any
) -> None:
    """Counting sort of points by cell; ``first[base[b] + cell]`` is where a cell starts."""
    origin, side, shape = grid
    place = np.empty(3, np.int64)
    for b in range(lo, hi):
        cells = base[b + 1] - base[b] - 1
        start = first[base[b] : base[b + 1]]
        start[:] = 0
        start[0] = ptr[b]
        for i in range(ptr[b], ptr[b + 1]):
            start[_cell(points, i, origin[b], side[b], shape[b], place) + 1] += 1
        for c in range(cells):
            start[c + 1] += start[c]
        for i in range(ptr[b], ptr[b + 1]):
            c = _cell(points, i, origin[b], side[b], shape[b], place)
            order[start[c]] = i
            start[c] += 1
        for c in range(cells, 0, -1):
            start[c] = start[c - 1]
        start[0] = ptr[b]


@exact_jit
def _gap(points: Any, i: int, place: Any, ring: int, origin: Any, side: float, shape: Any) -> float:
    """How far anything outside the box of ``ring`` rings lies at least; inf if nothing is there."""
    least = np.inf
    for a in range(points.shape[1]):
        if place[a] - ring > 0:
            least = min(least, points[i, a] - (origin[a] + (place[a] - ring) * side))
        if place[a] + ring + 1 < shape[a]:
            least = min(least, origin[a] + (place[a] + ring + 1) * side - points[i, a])
    return max(0.0, least - 1e-6 * side)  # a point beside a face may be rounded to either cell


@exact_jit
def _ring(ring: int, place: Any, shape: Any, start: Any, ranges: Any) -> int:
    """Which sorted points lie in cells at Chebyshev distance ``ring``: how many ranges."""
    held = 0
    left, right = max(0, place[2] - ring), min(shape[2] - 1, place[2] + ring)
    for z in range(max(0, place[0] - ring), min(shape[0], place[0] + ring + 1)):
        for y in range(max(0, place[1] - ring), min(shape[1], place[1] + ring + 1)):
            row = (z * shape[1] + y) * shape[2]
            if abs(z - place[0]) == ring or abs(y - place[1]) == ring:
                ranges[held, 0], ranges[held, 1] = start[row + left], start[row + right + 1]
                held += 1
                continue
            if place[2] - ring >= 0:
                ranges[held, 0], ranges[held, 1] = start[row + left], start[row + left + 1]
                held += 1
            if place[2] + ring < shape[2]:
                ranges[held, 0], ranges[held, 1] = start[row + right], start[row + right + 1]
                held += 1
    return held


@exact_jit
def _query_rows(
    lo: int, hi: int, points: Any, batch: Any, k: int, loops: bool, grid: Any, base: Any,
    first: Any, order: Any, out_start: Any, out: Any,
) -> None:  # fmt: skip
    """The nearest of the sorted points ``lo…hi``; ``order`` has their numbers."""
    origin, side, shape = grid
    near, far, place = np.empty(k, np.int64), np.empty(k), np.empty(3, np.int64)
    ranges = np.empty((16, 2), np.int64)
    for at in range(lo, hi):
        i = order[at]
        b = batch[i]
        start = first[base[b] : base[b + 1]]
        _cell(points, at, origin[b], side[b], shape[b], place)
        held, ring, gap = 0, 0, 0.0
        while gap != np.inf and not (held == k and gap * gap > far[k - 1]):
            if len(ranges) < 2 * (2 * ring + 1) ** 2:
                ranges = np.empty((4 * (2 * ring + 1) ** 2, 2), np.int64)
            for r in range(_ring(ring, place, shape[b], start, ranges)):
                for q in range(ranges[r, 0], ranges[r, 1]):
                    d = squared_distance(points, at, q)
                    if (held < k or d <= far[k - 1]) and (q != at or loops):
                        held = offer(d, order[q], near, far, held)
            gap = _gap(points, at, place, ring, origin[b], side[b], shape[b])
            ring += 1
        row = out[out_start[i] : out_start[i] + held]
        for s in range(held):
            row[s] = near[s]
        sort_short(row)


def nearest_in_cells(points: Any, ptr: Any, k: int, loops: bool, out_start: Any, out: Any) -> None:
    """Write the sources of every point, ascending, from ``out_start`` of its row on."""
    images, count = len(ptr) - 1, len(points)
    grid = (np.zeros((images, 3)), np.empty(images), np.empty((images, 3), np.int64))
    grain = max(1, _GRAIN * images // max(1, count))
    for_rows(_grids, images, points, ptr, *grid, grain=grain)
    base = np.zeros(images + 1, np.int64)
    np.cumsum(grid[2].prod(1) + 1, out=base[1:])
    first, order = np.empty(base[-1], np.int64), np.empty(count, np.int64)
    for_rows(_sort_cells, images, points, ptr, grid, base, first, order, grain=grain)
    batch = np.repeat(np.arange(images), np.diff(ptr))
    held = max(1, min(k, int(np.diff(ptr).max(initial=1))))
    arrays = (points[order], batch, held, loops, grid, base, first, order, out_start, out)
    for_rows(_query_rows, count, *arrays, grain=_GRAIN)
