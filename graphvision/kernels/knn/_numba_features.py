"""The nearest by feature on the CPU: float32 products pick candidates, float64 decides.

With centred points, ``‖y‖² − 2 x·y`` orders the points around x. Products are computed for four
queries at a time against tiles of sixteen points, in registers. Everything that the error bound of
float32 leaves possible is measured again, exactly.
"""

from typing import Any

import numpy as np

from graphvision.kernels._jit import exact_jit, jit
from graphvision.kernels._numba_vector import below_bits, fill, fma, load, store
from graphvision.kernels._pool import for_rows
from graphvision.kernels.knn._numba_list import offer, sort_short, squared_distance

TILE = 16
_GRAIN = 64  # queries that are worth a thread
_EPS = 1.2e-7  # float32 resolves half of this


@exact_jit
def _prepare(lo: int, hi: int, points: Any, ptr: Any, base: Any, made: Any) -> None:
    """Centre and scale the points of every image to -1…1, in tiles, and bound the errors.

    ``tiles[base[b]…]`` are ``[c, TILE]`` each, ``norm`` ‖y‖² (infinite beyond the last point), and
    ``bound[b]`` is what two distances in float32 may be wrong by, together.
    """
    tiles, norm, bound = made
    channels = points.shape[1]
    for b in range(lo, hi):
        first, count = ptr[b], ptr[b + 1] - ptr[b]
        largest, raw = 0.0, 0.0
        centre = np.zeros(channels)
        for i in range(first, first + count):
            for c in range(channels):
                centre[c] += points[i, c] / count
        for i in range(first, first + count):
            for c in range(channels):
                largest = max(largest, abs(points[i, c] - centre[c]))
                raw = max(raw, abs(points[i, c]))
        scale = 1.0 / largest if largest > 0.0 else 0.0
        most = 0.0
        for at in range((base[b + 1] - base[b]) * TILE):
            tile, lane, square = base[b] + at // TILE, at % TILE, 0.0
            for c in range(channels):
                v = (points[first + at, c] - centre[c]) * scale if at < count else 0.0
                tiles[tile, c, lane] = v
                square += v * v
            norm[tile, lane] = square if at < count else np.inf
            most = max(most, square)
        spread = 2.0 * np.sqrt(most)
        bound[b] = 1e-30 + 2.0 * _EPS * (channels + 8) * spread * spread
        bound[b] += 64.0 * 2.3e-16 * raw * scale * np.sqrt(channels) * spread


@jit
def _products(tiles: Any, norm: Any, count: int, i: int, query: Any, rows: Any) -> None:
    """``‖y‖² − 2 x·y`` of points ``i…i + 3`` and all points of an image, into ``rows``."""
    channels = tiles.shape[1]
    for q in range(4):
        j = min(i + q, count - 1)
        for f in range(channels):
            query[4 * f + q] = np.float32(-2.0) * tiles[j // TILE, f, j % TILE]
    r0, r1, r2, r3 = rows[0], rows[1], rows[2], rows[3]
    for t in range(tiles.shape[0]):
        lane, tile = norm[t], tiles[t].ravel()
        a0 = b0 = c0 = d0 = load(lane, 0, 8)
        a1 = b1 = c1 = d1 = load(lane, 8, 8)
        for f in range(channels):
            x, y = load(tile, TILE * f, 8), load(tile, TILE * f + 8, 8)
            u, v, w, z = query[4 * f], query[4 * f + 1], query[4 * f + 2], query[4 * f + 3]
            a0, a1 = fma(x, u, a0), fma(y, u, a1)
            b0, b1 = fma(x, v, b0), fma(y, v, b1)
            c0, c1 = fma(x, w, c0), fma(y, w, c1)
            d0, d1 = fma(x, z, d0), fma(y, z, d1)
        at = TILE * t
        store(r0, at, 8, a0)
        store(r0, at + 8, 8, a1)
        store(r1, at, 8, b0)
        store(r1, at + 8, 8, b1)
        store(r2, at, 8, c0)
        store(r2, at + 8, 8, c1)
        store(r3, at, 8, d0)
        store(r3, at + 8, 8, d1)


@jit
def _any_below(row: Any, first: int, limit: Any) -> Any:
    """Whether the tile that begins at ``first`` has an entry below ``limit``."""
    border = fill(row, limit)
    x, y = load(row, first, 8), load(row, first + 8, 8)
    return (below_bits(x, border) | below_bits(y, border)) != 0


@jit
def _lowest(row: Any, skip: int, k: int, near: Any, far: Any) -> Any:
    """The k-th lowest value of ``row`` but for entry ``skip``; inf if there are fewer."""
    held = 0
    for first in range(0, row.size, TILE):
        if held == k and not _any_below(row, first, far[k - 1]):
            continue
        for x in range(first, first + TILE):
            if x != skip and (held < k or row[x] < far[held - 1]):
                held = offer(row[x], x, near, far, held)
    return far[k - 1] if held == k else np.inf


@jit
def _candidates(row: Any, count: int, skip: int, limit: Any, found: Any) -> int:
    """Entries of ``row`` below ``limit``, but for ``skip`` and those from ``count`` on."""
    held = 0
    for first in range(0, row.size, TILE):
        if not _any_below(row, first, limit):
            continue
        for x in range(first, min(count, first + TILE)):
            found[held] = x
            held += row[x] < limit and x != skip
    return held


@exact_jit
def _query_rows(
    lo: int, hi: int, points: Any, image: Any, tiles: Any, norm: Any, bound: float, k: int,
    loops: bool, out_start: Any, out: Any,
) -> None:  # fmt: skip
    """Blocks ``lo…hi`` of four queries of one image, whose first point and size are ``image``."""
    first, count = image
    query = np.empty(4 * points.shape[1], norm.dtype)
    rows = np.empty((4, norm.size), norm.dtype)
    near, far = np.empty(k, np.int64), np.empty(k)
    wanted, far32 = np.empty(k, np.int64), np.empty(k, norm.dtype)
    found = np.empty(norm.size + 1, np.int64)
    for block in range(lo, hi):
        _products(tiles, norm, count, 4 * block, query, rows)
        for i in range(4 * block, min(count, 4 * block + 4)):
            row, skip = rows[i - 4 * block], -1 if loops else i
            limit = np.float32(_lowest(row, skip, k, wanted, far32) + bound)
            held = 0
            for q in range(_candidates(row, count, skip, limit, found)):
                d = squared_distance(points, first + i, first + found[q])
                held = offer(d, first + found[q], near, far, held)
            mine = out[out_start[first + i] : out_start[first + i] + held]
            for s in range(held):
                mine[s] = near[s]
            sort_short(mine)


@exact_jit
def _image_rows(
    lo: int, hi: int, points: Any, ptr: Any, base: Any, made: Any, k: int, loops: bool,
    out_start: Any, out: Any,
) -> None:  # fmt: skip
    """All queries of images ``lo…hi``."""
    tiles, norm, bound = made
    for b in range(lo, hi):
        count = ptr[b + 1] - ptr[b]
        mine = slice(base[b], base[b + 1])
        if count > 0:
            _query_rows(
                0, (count + 3) // 4, points, (ptr[b], count), tiles[mine], norm[mine], bound[b],
                min(k, count), loops, out_start, out,
            )  # fmt: skip


def nearest_by_products(
    points: Any, ptr: Any, k: int, loops: bool, out_start: Any, out: Any
) -> None:
    """Write the sources of every point, ascending, from ``out_start`` of its row on."""
    images, (count, channels) = len(ptr) - 1, points.shape
    base = np.zeros(images + 1, np.int64)
    np.cumsum((np.diff(ptr) + TILE - 1) // TILE, out=base[1:])
    tiles = np.empty((base[-1], channels, TILE), np.float32)
    norm, bound = np.empty((base[-1], TILE), np.float32), np.empty(images)
    made = (tiles, norm, bound)
    grain = max(1, _GRAIN * images // max(1, count))
    for_rows(_prepare, images, points, ptr, base, made, grain=grain)
    if images > 1:
        arrays = (points, ptr, base, made, k, loops, out_start, out)
        for_rows(_image_rows, images, *arrays, grain=grain)
        return
    one = (points, (0, count), tiles, norm, bound[0], min(k, count), loops, out_start, out)
    for_rows(_query_rows, (count + 3) // 4, *one, grain=_GRAIN // 4)
