"""One round of k-means, compiled: distances in blocks of 32 columns that the compiler vectorises.

The image lies in blocks ``[y, block, channel, 32]``, so that a block's addresses differ by
constants. A band of cells spreads its centres over the columns once per round ("spread":
``[block, shift, plane, 32]``); a pixel then takes the smallest of nine distances with selects
instead of branches. With ``d² − |f|² = |c|² + (λx − λcx)² + (λy − λcy)² − 2 f·c`` a candidate costs
one fused multiply-add per channel and four more operations.

Cluster sums are kept from round to round: a pixel that changes its cluster is taken from one sum
and added to another. Colours are multiples of a power of two, so that float64 sums are exact: they
depend neither on the order of the pixels nor on the number of threads.
"""

from typing import Any

import numpy as np

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    fill,
    inlined,
    lanes,
    load,
    multiply_add,
    pointer,
    splat,
    store,
    subtract,
    where_at_most,
)

U = np.uintp
U1, U2, U3, U4, U5 = U(32), U(64), U(96), U(128), U(160)


@inlined
def _take(d: Any, e: Any, at: Any, m: Any, q: Any) -> Any:
    """The smaller of two distances, and the cluster that it belongs to."""
    return where_at_most(m, d, m, d), where_at_most(m, d, q, load(e, at + 64, m))


@inlined
def _one(e: Any, at: Any, ys: Any, f: Any, m: Any, q: Any) -> Any:
    t = subtract(ys, load(e, at + 32, m))
    d = multiply_add(t, t, load(e, at, m))
    return _take(multiply_add(f, load(e, at + 96, m), d), e, at, m, q)


@inlined
def _three(e: Any, at: Any, ys: Any, f: Any, g: Any, h: Any, m: Any, q: Any) -> Any:
    t = subtract(ys, load(e, at + 32, m))
    d = multiply_add(t, t, load(e, at, m))
    d = multiply_add(f, load(e, at + 96, m), d)
    d = multiply_add(g, load(e, at + 128, m), d)
    return _take(multiply_add(h, load(e, at + 160, m), d), e, at, m, q)


@inlined
def _nearest_rows(
    zero: Any, x: Any, e: Any, where: Any, labels: Any, feat: Any, axis: Any, near: Any
) -> None:  # fmt: skip
    """Nearest candidates of ``lanes(zero)`` columns from x on, in every row of a band."""
    block, blocks, low, high, first, stop, channels = where
    planes = 32 * (channels + 3)
    far = splat(np.inf, zero)
    for y in range(first, stop):
        lat = (y * blocks + block) * 32
        fat, m, q = channels * lat + x, far, load(labels, lat + x, zero)
        ys, f = splat(axis[y], zero), load(feat, fat, zero)
        if channels == 1:
            for r in range(low, high):
                at = ((r % 3) * blocks + block) * 3 * planes + x
                m, q = _one(e, at, ys, f, m, q)
                m, q = _one(e, at + planes, ys, f, m, q)
                m, q = _one(e, at + 2 * planes, ys, f, m, q)
        else:
            g, h = load(feat, fat + 32, zero), load(feat, fat + 64, zero)
            for r in range(low, high):
                at = ((r % 3) * blocks + block) * 3 * planes + x
                m, q = _three(e, at, ys, f, g, h, m, q)
                m, q = _three(e, at + planes, ys, f, g, h, m, q)
                m, q = _three(e, at + 2 * planes, ys, f, g, h, m, q)
        store(near, (y - first) * 32 + x, q)


@jit
def _nearest_few(e: Any, where: Any, labels: Any, feat: Any, axis: Any, near: Any) -> None:
    """Nearest candidates of a block of columns of a band, one channel or three."""
    zero = fill(feat.dtype.type(0), 64)
    for x in range(0, 32, lanes(zero)):
        _nearest_rows(
            zero, x, pointer(e), where, pointer(labels), pointer(feat), axis, pointer(near)
        )  # fmt: skip


@jit
def _nearest_many(
    e: Any, where: Any, labels: Any, feat: Any, axis: Any, best: Any, near: Any
) -> None:
    """Nearest candidates of a block of columns of a band, any number of channels."""
    block, blocks, low, high, first, stop, channels = where
    d = np.empty_like(best)
    step = U(channels + 3) * U(32)
    for y in range(first, stop):
        lat, to, ys = U((y * blocks + block) * 32), U((y - first) * 32), axis[y]
        for x in range(U(32)):
            best[x] = np.inf
            near[to + x] = labels[lat + x]
        for candidate in range(3 * low, 3 * high):
            r, shift = candidate // 3, candidate % 3
            p = U(((r % 3) * blocks + block) * 3 + shift) * step
            for x in range(U(32)):
                t = ys - e[p + x + U1]
                d[x] = e[p + x] + t * t
            for c in range(U(channels)):
                plane, line = p + U3 + U(32) * c, U(channels) * lat + U(32) * c
                for x in range(U(32)):
                    d[x] += feat[line + x] * e[plane + x]
            for x in range(U(32)):
                k, q, least, m = e[p + x + U2], near[to + x], d[x], best[x]
                near[to + x] = k if least < m else q
                best[x] = least if least < m else m


@jit
def _spread(e: Any, r: Any, blocks: Any, work: Any) -> None:
    """Write the centres of band ``r``, shifted by -1, 0 and 1 cells, over the columns."""
    _, _, _, start, edges, _, centres, _, axis = work
    planes = centres.shape[1]
    first, cells = start[r], start[r + 1] - start[r]
    ring = (r % 3) * blocks
    for j in range(cells):
        x, stop = edges[first + r + j], edges[first + r + j + 1]
        while x < stop:
            count = U(min(stop, (x | 31) + 1) - x)
            base, left = (ring + (x >> 5)) * 3 * planes * 32 + (x & 31), U(x)
            for shift in range(3):
                k = U(first + min(cells - 1, max(0, j + shift - 1)))
                cy, cx, norm = centres[k, U(0)], centres[k, U(1)], centres[k, U(planes - 1)]
                p = U(base + shift * planes * 32)
                for i in range(count):
                    t = axis[left + i] - cx
                    e[p + i] = norm + t * t
                    e[p + U1 + i] = cy
                    e[p + U2 + i] = k
                for c in range(U(planes - 3)):
                    factor, q = centres[k, c + U(2)], p + U3 + U(32) * c
                    for i in range(count):
                        e[q + i] = -(factor + factor)
            x += int(count)


@jit
def partial_row(b: Any, start: Any) -> Any:
    """First row of band ``b`` in the partial sums: every band before it holds up to three bands."""
    return start[b - 1] + start[b] + start[b + 1] if b > 0 else 0


@jit
def _sum_band(b: Any, bands: Any, size: Any, work: Any) -> None:
    """Sums over the pixels of band ``b`` for every cluster that can own one of them."""
    feat, labels, rows, start, _, _, _, partial, _ = work
    _, width, channels, n = size
    low = start[max(b - 1, 0)]
    at = partial_row(b, start)
    partial[at : at + start[min(b + 2, bands)] - low] = 0.0
    blocks = (width + 31) // 32
    for y in range(rows[b], rows[b + 1]):
        x0 = 0
        while x0 < width:
            block = y * blocks + (x0 >> 5)
            here, stop = labels[y * blocks * 32 + x0], min(width, (x0 | 31) + 1)
            x1 = x0 + 1
            while x1 < stop and labels[y * blocks * 32 + x1] == here:
                x1 += 1
            if here != n:
                k, length = U(int(here) + at - low), x1 - x0
                partial[k, 0] += length
                partial[k, 1] += length * y
                partial[k, 2] += length * (x0 + x1 - 1) * 0.5
                for c in range(channels):
                    line = feat[(block * channels + c) * 32 : (block * channels + c + 1) * 32]
                    total = feat[0] * 0
                    for x in range(x0 & 31, (x0 & 31) + length):
                        total += line[x]
                    partial[k, U(c + 3)] += total
            x0 = x1


@jit
def start_sums(first: Any, stop: Any, bands: Any, size: Any, work: Any) -> None:
    """Partial sums of bands ``first…stop`` for the labels as they are."""
    for b in range(first, stop):
        _sum_band(b, bands, size, work)


@jit
def cluster_total(k: Any, r: Any, bands: Any, start: Any, partial: Any, total: Any) -> None:
    """Pixels, y, x and colours summed over cluster ``k`` of band ``r``, into ``total``."""
    first, last = max(r - 1, 0), min(r + 1, bands - 1)
    at = U(partial_row(first, start) - start[max(first - 1, 0)] + k)
    for c in range(total.size):
        total[c] = partial[at, c]
    for b in range(first + 1, last + 1):
        at = U(partial_row(b, start) - start[max(b - 1, 0)] + k)
        for c in range(total.size):
            total[c] += partial[at, c]


@jit
def update(bands: Any, work: Any) -> None:
    """New centres from the partial sums; ``moved[r]`` says whether any of band ``r`` changed."""
    _, _, _, start, _, moved, centres, partial, axis = work
    scale, dims = float(axis[1]), partial.shape[1]
    total = np.empty(dims, dtype=np.float64)
    for r in range(bands):
        moved[r] = 0
        for k in range(start[r], start[r + 1]):
            cluster_total(k, r, bands, start, partial, total)
            if total[0] == 0.0:
                continue
            inverse, norm = 1.0 / total[0], 0.0
            for c in range(1, dims):
                old = centres[k, c - 1]
                centres[k, c - 1] = total[c] * inverse * (scale if c < 3 else 1.0)
                new = centres[k, c - 1]
                moved[r] = 1 if new != old else moved[r]
                norm += new * new if c > 2 else 0.0
            centres[k, dims - 1] = norm


@jit
def _move(y: Any, x: Any, place: Any, old: Any, new: Any, feat: Any, partial: Any) -> None:
    """Take pixel (y, x), whose colours begin at ``place``, from one cluster to another."""
    partial[old, U(0)] -= 1.0
    partial[new, U(0)] += 1.0
    partial[old, U(1)] -= y
    partial[new, U(1)] += y
    partial[old, U(2)] -= x
    partial[new, U(2)] += x
    for c in range(U(partial.shape[1] - 3)):
        value = np.float64(feat[place + U(32) * c])
        partial[old, c + U(3)] -= value
        partial[new, c + U(3)] += value


@jit
def _settle(
    where: Any, shift: Any, near: Any, labels: Any, feat: Any, partial: Any, moving: Any
) -> None:
    """Give the pixels of a block of columns their new labels, and the sums their pixels.

    Which pixels move is listed first, without a branch to mispredict.
    """
    block, blocks, _, _, first, stop, channels = where
    for y in range(first, stop):
        at, to = U((y * blocks + block) * 32), U((y - first) * 32)
        changed = 0
        for x in range(U(32)):
            changed += 1 if near[to + x] != labels[at + x] else 0
        if changed == 0:
            continue
        found = U(0)
        for x in range(U(32)):
            moving[found] = x
            found += U(1) if near[to + x] != labels[at + x] else U(0)
        for q in range(found):
            i = U(moving[q])
            old, new = labels[at + i], near[to + i]
            labels[at + i] = new
            k, other = U(int(old) + shift), U(int(new) + shift)
            left, place = float(block * 32 + int(i)), at * U(channels) + i
            _move(float(y), left, place, k, other, feat, partial)


@jit
def _keep(where: Any, width: Any, valid: Any, labels: Any, near: Any) -> None:
    """Undo new labels to the right of the image and of masked pixels."""
    block, blocks, _, _, first, stop, _ = where
    inside = min(32, width - block * 32)
    for y in range(first, stop):
        at, to = U((y * blocks + block) * 32), U((y - first) * 32)
        for i in range(U(inside), U(32)):
            near[to + i] = labels[at + i]
        for i in range(inside if valid.size > 0 else 0):
            if not valid[y, block * 32 + i]:
                near[to + U(i)] = labels[at + U(i)]


@jit
def _assign_band(
    b: Any, bands: Any, size: Any, valid: Any, work: Any, e: Any, buffers: Any
) -> None:
    """The nearest of the nine candidates for every pixel of band ``b``."""
    feat, labels, rows, start, _, _, _, partial, axis = work
    _, width, channels, _ = size
    best, near, moving = buffers
    blocks = (width + 31) // 32
    low, high = max(b - 1, 0), min(b + 2, bands)
    shift = partial_row(b, start) - start[low]
    for block in range(blocks):
        where = (block, blocks, low, high, rows[b], rows[b + 1], channels)
        if channels == 1 or channels == 3:
            _nearest_few(e, where, labels, feat, axis, near)
        else:
            _nearest_many(e, where, labels, feat, axis, best, near)
        if valid.size > 0 or block * 32 + 32 > width:
            _keep(where, width, valid, labels, near)
        _settle(where, shift, near, labels, feat, partial, moving)


@jit
def assign(first: Any, stop: Any, bands: Any, size: Any, valid: Any, work: Any) -> None:
    """New labels and partial sums of bands ``first…stop``; bands whose centres rest are skipped."""
    feat, _, rows, _, _, moved, _, _, _ = work
    blocks = (size[1] + 31) // 32
    e = np.zeros(9 * blocks * (size[2] + 3) * 32, dtype=feat.dtype)
    high = (rows[1 : bands + 1] - rows[:bands]).max()
    kind = feat.dtype
    buffers = (np.empty(32, kind), np.empty(32 * high, kind), np.empty(33, dtype=np.uint8))
    ready = -1
    for b in range(first, stop):
        low, high = max(b - 1, 0), min(b + 2, bands)
        if not moved[low:high].any():
            continue
        for r in range(max(low, ready + 1), high):
            _spread(e, r, blocks, work)
            ready = r
        _assign_band(b, bands, size, valid, work, e, buffers)
