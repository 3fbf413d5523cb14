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

from graphvision.kernels._jit import jit

BLOCK = 32
U = np.uintp
U0, U1, U2, U3, U4, U5 = U(0), U(32), U(64), U(96), U(128), U(160)


@jit
def _one(e: Any, at: Any, ys: Any, f: Any) -> Any:
    t = ys - e[at + U1]
    return e[at] + t * t + f * e[at + U3]


@jit
def _three(e: Any, at: Any, ys: Any, f: Any, g: Any, h: Any) -> Any:
    t = ys - e[at + U1]
    return e[at] + t * t + f * e[at + U3] + g * e[at + U4] + h * e[at + U5]


@jit
def _block_one(e: Any, best: Any, feat: Any, labels: Any, axis: Any, where: Any) -> None:
    """Nearest candidates for one block of columns of a band, one channel."""
    block, blocks, first, stop, low, high, _ = where
    for y in range(first, stop):
        at = y * blocks + block
        fat, lat, ys = U(at * 32), U(at * 32), axis[y]
        for x in range(U(32)):
            best[x] = np.inf
        for r in range(low, high):
            p0 = U(((r % 3) * blocks + block) * 384)
            p1, p2 = p0 + U(128), p0 + U(256)
            for x in range(U(32)):
                v = feat[fat + x]
                m, q = best[x], labels[lat + x]
                d = _one(e, p0 + x, ys, v)
                k = e[p0 + x + U2]
                q = k if d < m else q
                m = d if d < m else m
                d = _one(e, p1 + x, ys, v)
                k = e[p1 + x + U2]
                q = k if d < m else q
                m = d if d < m else m
                d = _one(e, p2 + x, ys, v)
                k = e[p2 + x + U2]
                q = k if d < m else q
                m = d if d < m else m
                best[x] = m
                labels[lat + x] = q


@jit
def _block_three(e: Any, best: Any, feat: Any, labels: Any, axis: Any, where: Any) -> None:
    """Nearest candidates for one block of columns of a band, three channels."""
    block, blocks, first, stop, low, high, _ = where
    for y in range(first, stop):
        at = y * blocks + block
        fat, lat, ys = U(at * 3 * 32), U(at * 32), axis[y]
        for x in range(U(32)):
            best[x] = np.inf
        for r in range(low, high):
            p0 = U(((r % 3) * blocks + block) * 576)
            p1, p2 = p0 + U(192), p0 + U(384)
            for x in range(U(32)):
                u, v, w = feat[fat + x], feat[fat + x + U1], feat[fat + x + U2]
                m, q = best[x], labels[lat + x]
                d = _three(e, p0 + x, ys, u, v, w)
                k = e[p0 + x + U2]
                q = k if d < m else q
                m = d if d < m else m
                d = _three(e, p1 + x, ys, u, v, w)
                k = e[p1 + x + U2]
                q = k if d < m else q
                m = d if d < m else m
                d = _three(e, p2 + x, ys, u, v, w)
                k = e[p2 + x + U2]
                q = k if d < m else q
                m = d if d < m else m
                best[x] = m
                labels[lat + x] = q


@jit
def _block_many(e: Any, best: Any, feat: Any, labels: Any, axis: Any, where: Any) -> None:
    """Nearest candidates for one block of columns of a band, any number of channels."""
    block, blocks, first, stop, low, high, channels = where
    d = np.empty_like(best)
    step = U(channels + 3) * U(32)
    for y in range(first, stop):
        at = y * blocks + block
        fat, lat, ys = U(at * channels * 32), U(at * 32), axis[y]
        for x in range(U(32)):
            best[x] = np.inf
        for candidate in range(3 * low, 3 * high):
            r, shift = candidate // 3, candidate % 3
            p = U(((r % 3) * blocks + block) * 3 + shift) * step
            for x in range(U(32)):
                t = ys - e[p + x + U1]
                d[x] = e[p + x] + t * t
            for c in range(channels):
                plane, line = p + U3 + U(32) * U(c), fat + U(32) * U(c)
                for x in range(U(32)):
                    d[x] += feat[line + x] * e[plane + x]
            for x in range(U(32)):
                k, q, near, m = e[p + x + U2], labels[lat + x], d[x], best[x]
                labels[lat + x] = k if near < m else q
                best[x] = near if near < m else m


@jit
def _spread(e: Any, r: Any, blocks: Any, work: Any) -> None:
    """Write the centres of band ``r``, shifted by -1, 0 and 1 cells, over the columns."""
    _, _, _, _, start, edges, _, centres, _, axis = work
    planes = centres.shape[1]
    first, cells = start[r], start[r + 1] - start[r]
    ring = (r % 3) * blocks
    for j in range(cells):
        x0, x1 = edges[first + r + j], edges[first + r + j + 1]
        for shift in range(3):
            k = first + min(cells - 1, max(0, j + shift - 1))
            cy, cx, norm = centres[k, 0], centres[k, 1], centres[k, planes - 1]
            for x in range(x0, x1):
                p = ((ring + (x >> 5)) * 3 + shift) * planes * 32 + (x & 31)
                t = axis[x] - cx
                e[p] = norm + t * t
                e[p + 32] = cy
                e[p + 64] = k
                for c in range(2, planes - 1):
                    e[p + 32 * (c + 1)] = -(centres[k, c] + centres[k, c])


@jit
def partial_row(b: Any, start: Any) -> Any:
    """First row of band ``b`` in the partial sums: every band before it holds up to three bands."""
    return start[b - 1] + start[b] + start[b + 1] if b > 0 else 0


@jit
def _add_run(partial: Any, k: Any, prefix: Any, p0: Any, p1: Any, channels: Any) -> None:
    if channels == 1:
        partial[k, 3] += prefix[p1] - prefix[p0]
    elif channels == 3:
        partial[k, 3] += prefix[p1] - prefix[p0]
        partial[k, 4] += prefix[p1 + 1] - prefix[p0 + 1]
        partial[k, 5] += prefix[p1 + 2] - prefix[p0 + 2]
    else:
        for c in range(channels):
            partial[k, c + 3] += prefix[p1 + c] - prefix[p0 + c]


@jit
def _gather_band(b: Any, bands: Any, size: Any, work: Any, cuts: Any) -> None:
    """Sums over the pixels of band ``b`` for every cluster that can own one of them."""
    _, prefix, labels, rows, start, _, _, _, partial, _ = work
    _, width, channels, n = size
    low = start[max(b - 1, 0)]
    at = partial_row(b, start)
    partial[at : at + start[min(b + 2, bands)] - low] = 0.0
    stride = (width + 31) // 32 * 32
    for y in range(rows[b], rows[b + 1]):
        base, found = y * stride, 0
        before = labels[base]
        cuts[0] = 0
        for x in range(1, width):
            here = labels[base + x]
            cuts[found + 1] = x
            found += 1 if here != before else 0
            before = here
        cuts[found + 1] = width
        for i in range(found + 1):
            x0, x1 = cuts[i], cuts[i + 1]
            k = int(labels[base + x0])
            if k == n:
                continue
            k += at - low
            length = x1 - x0
            partial[k, 0] += length
            partial[k, 1] += length * y
            partial[k, 2] += length * (x0 + x1 - 1) * 0.5
            p = y * (width + 1)
            _add_run(partial, k, prefix, (p + x0) * channels, (p + x1) * channels, channels)


@jit
def gather(first: Any, stop: Any, bands: Any, size: Any, work: Any) -> None:
    """Partial sums of bands ``first…stop`` for the labels as they are."""
    cuts = np.empty(size[1] + 2, dtype=np.int64)
    for b in range(first, stop):
        _gather_band(b, bands, size, work, cuts)


@jit
def update(bands: Any, work: Any) -> None:
    """New centres from the partial sums; ``moved[r]`` says whether any of band ``r`` changed."""
    _, _, _, _, start, _, moved, centres, partial, axis = work
    scale, dims = float(axis[1]), partial.shape[1]
    for r in range(bands):
        moved[r] = 0
        lower, upper = max(r - 1, 0), min(r + 1, bands - 1)
        above = partial_row(lower, start) - start[max(lower - 1, 0)]
        here = partial_row(r, start) - start[max(r - 1, 0)]
        below = partial_row(upper, start) - start[max(upper - 1, 0)]
        for k in range(start[r], start[r + 1]):
            inverse, norm = 0.0, 0.0
            for c in range(dims):
                total = partial[here + k, c]
                total += partial[above + k, c] if lower < r else 0.0
                total += partial[below + k, c] if upper > r else 0.0
                if c == 0:
                    if total == 0.0:
                        break
                    inverse = 1.0 / total
                    continue
                old = centres[k, c - 1]
                centres[k, c - 1] = total * inverse * (scale if c < 3 else 1.0)
                new = centres[k, c - 1]
                moved[r] = 1 if new != old else moved[r]
                norm += new * new if c > 2 else 0.0
            if inverse > 0.0:
                centres[k, dims - 1] = norm


@jit
def _assign_band(b: Any, bands: Any, size: Any, work: Any, buffers: Any) -> None:
    """The nearest of the nine candidates for every pixel of band ``b``."""
    feat, _, labels, rows, _, _, _, _, _, axis = work
    _, width, channels, _ = size
    e, best = buffers
    blocks = (width + 31) // 32
    low, high = max(b - 1, 0), min(b + 2, bands)
    for block in range(blocks):
        where = (block, blocks, rows[b], rows[b + 1], low, high, channels)
        if channels == 3:
            _block_three(e, best, feat, labels, axis, where)
        elif channels == 1:
            _block_one(e, best, feat, labels, axis, where)
        else:
            _block_many(e, best, feat, labels, axis, where)


@jit
def assign(first: Any, stop: Any, bands: Any, size: Any, valid: Any, work: Any) -> None:
    """New labels and partial sums of bands ``first…stop``; bands whose centres rest are skipped."""
    feat, _, labels, rows, _, _, moved, _, _, _ = work
    _, width, channels, n = size
    blocks = (width + 31) // 32
    e = np.zeros(9 * blocks * (channels + 3) * 32, dtype=feat.dtype)
    buffers = (e, np.empty(32, dtype=feat.dtype))
    cuts = np.empty(width + 2, dtype=np.int64)
    ready = -1
    for b in range(first, stop):
        low, high = max(b - 1, 0), min(b + 2, bands)
        if not moved[low:high].any():
            continue
        for r in range(max(low, ready + 1), high):
            _spread(e, r, blocks, work)
            ready = r
        _assign_band(b, bands, size, work, buffers)
        for y in range(rows[b], rows[b + 1] if valid.size > 0 else rows[b]):
            at = y * blocks * 32
            for x in range(width):
                labels[at + x] = labels[at + x] if valid[y, x] else n
        _gather_band(b, bands, size, work, cuts)
