"""One round of k-means, compiled: distances in blocks of 32 columns that the compiler vectorises.

The image lies in blocks ``[y, block, channel, 32]``, so that a block's addresses differ by
constants. A band of cells spreads its centres over the columns once per round ("spread":
``[block, shift, plane, 32]``); a pixel then takes the smallest of nine distances with selects
instead of branches. With ``d² − |f|² = |c|² + (λx − λcx)² + (λy − λcy)² − 2 f·c`` a candidate costs
one fused multiply-add per channel and four more operations. Cluster sums come from runs of equal
labels and row prefix sums, band by band, and are added up in a fixed order: the result doesn't
depend on the number of threads.
"""

from typing import Any

import numpy as np
from numba import njit

from graphvision.kernels.slic._numba_seeds import JIT

BLOCK = 32
U = np.uintp
U0, U1, U2, U3, U4, U5 = U(0), U(32), U(64), U(96), U(128), U(160)


@njit(**JIT)
def _one(e: Any, at: Any, ys: Any, f: Any) -> Any:
    t = ys - e[at + U1]
    return e[at] + t * t + f * e[at + U3]


@njit(**JIT)
def _three(e: Any, at: Any, ys: Any, f: Any, g: Any, h: Any) -> Any:
    t = ys - e[at + U1]
    return e[at] + t * t + f * e[at + U3] + g * e[at + U4] + h * e[at + U5]


@njit(**JIT)
def _nearest_one(
    e: Any, at: Any, f: Any, fat: Any, labels: Any, lat: Any, best: Any, ys: Any
) -> None:
    """Three candidates (one band, three shifts) for 32 pixels of one channel."""
    p0, p1, p2 = at, at + U(128), at + U(256)
    for x in range(U(32)):
        v = f[fat + x]
        m, q = best[x], labels[lat + x]
        d = _one(e, p0 + x, ys, v)
        q = e[p0 + x + U2] if d < m else q
        m = d if d < m else m
        d = _one(e, p1 + x, ys, v)
        q = e[p1 + x + U2] if d < m else q
        m = d if d < m else m
        d = _one(e, p2 + x, ys, v)
        q = e[p2 + x + U2] if d < m else q
        m = d if d < m else m
        best[x] = m
        labels[lat + x] = q


@njit(**JIT)
def _nearest_three(
    e: Any, at: Any, f: Any, fat: Any, labels: Any, lat: Any, best: Any, ys: Any
) -> None:
    """Three candidates (one band, three shifts) for 32 pixels of three channels."""
    p0, p1, p2 = at, at + U(192), at + U(384)
    for x in range(U(32)):
        u, v, w = f[fat + x], f[fat + x + U1], f[fat + x + U2]
        m, q = best[x], labels[lat + x]
        d = _three(e, p0 + x, ys, u, v, w)
        q = e[p0 + x + U2] if d < m else q
        m = d if d < m else m
        d = _three(e, p1 + x, ys, u, v, w)
        q = e[p1 + x + U2] if d < m else q
        m = d if d < m else m
        d = _three(e, p2 + x, ys, u, v, w)
        q = e[p2 + x + U2] if d < m else q
        m = d if d < m else m
        best[x] = m
        labels[lat + x] = q


@njit(**JIT)
def _nearest_many(
    e: Any,
    at: Any,
    f: Any,
    fat: Any,
    labels: Any,
    lat: Any,
    best: Any,
    ys: Any,
    channels: Any,
    d: Any,
) -> None:
    """Three candidates (one band, three shifts) for 32 pixels of any number of channels."""
    for shift in range(3):
        p = at + U(shift) * U(32) * U(channels + 3)
        for x in range(U(32)):
            t = ys - e[p + x + U1]
            d[x] = e[p + x] + t * t
        for c in range(channels):
            plane, line = p + U3 + U(32) * U(c), fat + U(32) * U(c)
            for x in range(U(32)):
                d[x] += f[line + x] * e[plane + x]
        for x in range(U(32)):
            closer = d[x] < best[x]
            labels[lat + x] = e[p + x + U2] if closer else labels[lat + x]
            best[x] = d[x] if closer else best[x]


@njit(**JIT)
def _spread(
    e: Any, ring: Any, blocks: Any, r: Any, start: Any, edges: Any, centres: Any, axis: Any
) -> None:
    """Write the centres of band ``r``, shifted by -1, 0 and 1 cells, over the columns."""
    planes = centres.shape[1] + 1
    first, cells = start[r], start[r + 1] - start[r]
    at = first + r
    for j in range(cells):
        for shift in range(3):
            k = first + min(cells - 1, max(0, j + shift - 1))
            norm = centres[k, 2] * centres[k, 2]
            for c in range(3, planes - 1):
                norm += centres[k, c] * centres[k, c]
            cy, cx = centres[k, 0], centres[k, 1]
            for x in range(edges[at + j], edges[at + j + 1]):
                p = (((ring * blocks + x // 32) * 3 + shift) * planes) * 32 + x % 32
                t = axis[x] - cx
                e[p] = norm + t * t
                e[p + 32] = cy
                e[p + 64] = k
                for c in range(2, planes - 1):
                    e[p + 32 * (c + 1)] = -(centres[k, c] + centres[k, c])


@njit(**JIT)
def _gather_band(
    b: Any,
    bands: Any,
    width: Any,
    blocks: Any,
    rows: Any,
    start: Any,
    prefix: Any,
    channels: Any,
    labels: Any,
    n: Any,
    partial: Any,
    cuts: Any,
) -> None:
    """Sums over the pixels of band ``b`` for every cluster that can own one of them."""
    low = start[max(b - 1, 0)]
    at = partial_row(b, start)
    for k in range(start[min(b + 2, bands)] - low):
        for c in range(channels + 3):
            partial[at + k, c] = 0.0
    stride = blocks * 32
    for y in range(rows[b], rows[b + 1]):
        base, found = y * stride, 0
        before = labels[base]
        cuts[0] = 0
        for x in range(1, width):
            here = labels[base + x]
            found += 1 if here != before else 0
            cuts[found] = x if here != before else cuts[found]
            before = here
        cuts[found + 1] = width
        for i in range(found + 1):
            x0, x1 = cuts[i], cuts[i + 1]
            k = int(labels[base + x0])
            if k == n:
                continue
            k += at - low
            p0, p1 = (y * (width + 1) + x0) * channels, (y * (width + 1) + x1) * channels
            partial[k, 0] += x1 - x0
            partial[k, 1] += (x1 - x0) * y
            partial[k, 2] += (x1 - x0) * (x0 + x1 - 1) * 0.5
            for c in range(channels):
                partial[k, c + 3] += prefix[p1 + c] - prefix[p0 + c]


@njit(**JIT)
def partial_row(b: Any, start: Any) -> Any:
    """First row of band ``b`` in the partial sums: bands before it hold three bands each."""
    low = start[max(b - 1, 0)]
    return low + start[b] + (start[b + 1] if b > 0 else 0)


@njit(**JIT)
def gather(
    first: Any,
    stop: Any,
    bands: Any,
    shape: Any,
    rows: Any,
    start: Any,
    prefix: Any,
    channels: Any,
    labels: Any,
    n: Any,
    partial: Any,
) -> None:
    """Partial sums of bands ``first…stop`` for the labels as they are."""
    cuts = np.empty(shape[1] + 2, dtype=np.int64)
    for b in range(first, stop):
        _gather_band(
            b, bands, shape[1], (shape[1] + 31) // 32, rows, start, prefix, channels, labels, n,
            partial, cuts,
        )  # fmt: skip


@njit(**JIT)
def update(bands: Any, start: Any, partial: Any, centres: Any, axis: Any, moved: Any) -> None:
    """New centres from the partial sums; ``moved[r]`` says whether any of band ``r`` changed."""
    scale = axis[1]
    total = np.empty(partial.shape[1], dtype=np.float64)
    for r in range(bands):
        moved[r] = 0
        for k in range(start[r], start[r + 1]):
            total[:] = 0.0
            for b in range(max(r - 1, 0), min(r + 2, bands)):
                row = partial_row(b, start) + k - start[max(b - 1, 0)]
                for c in range(total.size):
                    total[c] += partial[row, c]
            if total[0] == 0.0:
                continue
            for c in range(total.size - 1):
                mean = total[c + 1] / total[0] * (scale if c < 2 else 1.0)
                old = centres[k, c]
                centres[k, c] = mean
                if centres[k, c] != old:
                    moved[r] = 1


@njit(**JIT)
def assign(  # noqa: C901 - one loop nest
    first: Any,
    stop: Any,
    bands: Any,
    shape: Any,
    rows: Any,
    start: Any,
    edges: Any,
    feat: Any,
    prefix: Any,
    channels: Any,
    labels: Any,
    n: Any,
    valid: Any,
    masked: Any,
    centres: Any,
    axis: Any,
    moved: Any,
    partial: Any,
) -> None:
    """New labels and partial sums of bands ``first…stop``; bands whose centres rest are skipped."""
    width = shape[1]
    blocks = (width + 31) // 32
    dtype = feat.dtype
    size = 3 * (channels + 3) * 32
    e = np.zeros(3 * blocks * size, dtype=dtype)
    best, d = np.empty(32, dtype=dtype), np.empty(32, dtype=dtype)
    cuts = np.empty(width + 2, dtype=np.int64)
    ready = -1
    for b in range(first, stop):
        low, high = max(b - 1, 0), min(b + 2, bands)
        rests = True
        for r in range(low, high):
            rests = rests and moved[r] == 0
        if rests:
            continue
        for r in range(max(low, ready + 1), high):
            _spread(e, r % 3, blocks, r, start, edges, centres, axis)
            ready = r
        for block in range(blocks):
            for y in range(rows[b], rows[b + 1]):
                at = y * blocks + block
                fat, lat = U(at * channels * 32), U(at * 32)
                best[:] = np.inf
                for r in range(low, high):
                    p = U(((r % 3) * blocks + block) * size)
                    if channels == 3:
                        _nearest_three(e, p, feat, fat, labels, lat, best, axis[y])
                    elif channels == 1:
                        _nearest_one(e, p, feat, fat, labels, lat, best, axis[y])
                    else:
                        _nearest_many(e, p, feat, fat, labels, lat, best, axis[y], channels, d)
        if masked:
            for y in range(rows[b], rows[b + 1]):
                for x in range(width):
                    at = y * blocks * 32 + x
                    labels[at] = labels[at] if valid[y, x] else n
        _gather_band(
            b, bands, width, blocks, rows, start, prefix, channels, labels, n, partial, cuts
        )
