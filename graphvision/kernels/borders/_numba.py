"""Borders on the CPU: one raster pass collects the pixel pairs that differ, strip by strip.

Pairs are bucketed by their lower region (stable, so sums have one fixed order), summed once per
pair of regions, and written in both directions; a cursor per row leaves every row sorted without a
search. One thread sums an image in raster order, so the bits do not depend on the number of
threads.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels._scratch import scratch
from graphvision.kernels.borders._borders import Borders
from graphvision.kernels.regions import Regions

_GRAIN = 1 << 12  # pixels that are worth a thread
_STRIP = 1 << 15  # pixels of a strip of rows, which is one thread's
_SHORT = 48  # up to here, plain insertion sort


@jit
def _count_strips(lo: int, hi: int, labels: Any, rows: int, strips: int, count: Any) -> None:
    """Pairs of neighbouring pixels of two regions, per strip of ``rows`` rows of an image."""
    h, w = labels.shape[1], labels.shape[2]
    for s in range(lo, hi):
        b, y0 = s // strips, s % strips * rows
        total = 0
        for y in range(y0, min(y0 + rows, h)):
            row = labels[b, y]
            below = labels[b, min(y + 1, h - 1)]
            for x in range(w):
                total += (row[x] != below[x]) & (row[x] >= 0) & (below[x] >= 0)
            for x in range(w - 1):
                total += (row[x] != row[x + 1]) & (row[x] >= 0) & (row[x + 1] >= 0)
        count[s] = total


@jit
def _collect(labels: Any, y0: int, y1: int, place: Any) -> int:
    """List the pairs of rows ``y0…y1`` as ``2·pixel + (1 if downwards)``, without branches."""
    h, w = labels.shape
    held = 0
    for y in range(y0, y1):
        row = labels[y]
        for x in range(w - 1):
            place[held] = 2 * (y * w + x)
            held += (row[x] != row[x + 1]) & (row[x] >= 0) & (row[x + 1] >= 0)
        if y + 1 < h:
            below = labels[y + 1]
            for x in range(w):
                place[held] = 2 * (y * w + x) + 1
                held += (row[x] != below[x]) & (row[x] >= 0) & (below[x] >= 0)
    return held


@jit
def _list_strips(
    lo: int, hi: int, labels: Any, planes: Any, slopes: Any, rows: int, strips: int, first: Any,
    low: Any, high: Any, facts: Any,
) -> None:  # fmt: skip
    """The regions of every pair and what the picture does there, pair by pair in raster order."""
    h, w = labels.shape[1], labels.shape[2]
    channels = planes.shape[1]
    for s in range(lo, hi):
        b, y0 = s // strips, s % strips * rows
        begin, found = first[s], first[s + 1] - first[s]
        place = np.empty(found + 1, np.int64)
        _collect(labels[b], y0, min(y0 + rows, h), place)
        flat = labels[b].ravel()
        for k in range(found):
            p = place[k] >> 1
            t = p + (w if place[k] & 1 else 1)
            i, j = flat[p], flat[t]
            low[begin + k], high[begin + k] = min(i, j), max(i, j)
            for c in range(channels):
                facts[begin + k, c] = abs(planes[b, c, p] - planes[b, c, t])
            if slopes.shape[1] > 0:
                gy, gx = slopes[b, 0, p], slopes[b, 1, p]
                ty, tx = slopes[b, 0, t], slopes[b, 1, t]
                near, far = np.sqrt(gy * gy + gx * gx), np.sqrt(ty * ty + tx * tx)
                facts[begin + k, channels] = (near + far) * slopes.dtype.type(0.5)


@jit
def _bucket_pairs(low: Any, bucket: Any, order: Any) -> None:
    """Sort the pairs of one image by lower region, stable; ``bucket`` gets the bounds."""
    for k in range(len(low)):
        bucket[low[k] + 1] += 1
    for i in range(1, len(bucket)):
        bucket[i] += bucket[i - 1]
    cursor = bucket.copy()
    for k in range(len(low)):
        order[cursor[low[k]]] = k
        cursor[low[k]] += 1


@jit
def _sort_pairs(keys: Any, values: Any) -> None:
    """Shell sort of distinct ``keys``, with their ``values``; NumPy's takes seconds to compile."""
    gap = 1 if len(keys) <= _SHORT else len(keys) // 2
    while gap > 0:
        for k in range(gap, len(keys)):
            key, value = keys[k], values[k]
            at = k
            while at >= gap and keys[at - gap] > key:
                keys[at], values[at] = keys[at - gap], values[at - gap]
                at -= gap
            keys[at], values[at] = key, value
        gap //= 2


@jit
def _sum_rows(
    lo: int, hi: int, low: Any, high: Any, facts: Any, ptr: Any, pair_ptr: Any, end: Any,
    first: Any, other: Any, slot: Any, length: Any, total: Any,
) -> None:  # fmt: skip
    """Per image: its pairs of regions by lower, then higher number, with their sums."""
    for b in range(lo, hi):
        begin, stop = pair_ptr[b], pair_ptr[b + 1]
        regions = ptr[b + 1] - ptr[b]
        order, bucket = np.empty(stop - begin, np.int64), np.zeros(regions + 1, np.int64)
        _bucket_pairs(low[begin:stop], bucket, order)
        mark, seen = np.full(regions, -1, np.int32), np.empty(regions, np.int64)
        held = begin
        for i in range(regions):
            first[ptr[b] + i] = start = held
            for q in range(bucket[i], bucket[i + 1]):
                k = begin + order[q]
                j = high[k]
                if mark[j] != i:
                    mark[j], seen[j] = i, held
                    other[held], slot[held], length[held] = j, held, 0
                    for c in range(total.shape[1]):
                        total[held, c] = 0.0
                    held += 1
                u = seen[j]
                length[u] += 1
                for c in range(total.shape[1]):
                    total[u, c] += facts[k, c]
            _sort_pairs(other[start:held], slot[start:held])
        end[b] = held


@jit
def _write_rows(
    lo: int, hi: int, ptr: Any, end: Any, first: Any, other: Any, slot: Any, length: Any,
    facts: Any, edges: Any, index: Any, out_length: Any, step: Any, gradient: Any,
) -> None:  # fmt: skip
    """Both directions of every pair: rows are filled from lower sources to higher ones."""
    channels = step.shape[1]
    for b in range(lo, hi):
        base, stop = ptr[b], ptr[b + 1]
        cursor = np.zeros(stop - base + 1, np.int64)
        for i in range(base, stop):
            until = first[i + 1] if i + 1 < stop else end[b]
            cursor[i - base + 1] += until - first[i]
            for u in range(first[i], until):
                cursor[other[u] + 1] += 1
        cursor[0] = edges[b]
        for i in range(stop - base):
            cursor[i + 1] += cursor[i]
        for i in range(base, stop):
            until = first[i + 1] if i + 1 < stop else end[b]
            for u in range(first[i], until):
                j, s = base + other[u], slot[u]
                for direction in range(2):
                    target, source = (i, j) if direction == 0 else (j, i)
                    e = cursor[target - base]
                    cursor[target - base] += 1
                    index[0, e], index[1, e] = source, target
                    n = length[s]
                    out_length[e] = n
                    for c in range(channels):
                        step[e, c] = facts[s, c] / n
                    for c in range(gradient.shape[1]):
                        gradient[e, c] = facts[s, channels + c] / n


def borders(regions: Regions, image: Tensor, slope: Tensor) -> Borders:
    """See :func:`graphvision.kernels.borders.borders`."""
    n, (images, channels) = regions.num_regions, image.shape[:2]
    ptr, labels = regions.ptr.numpy(), regions.labels.contiguous().numpy()
    width = channels + (slope.shape[1] > 0)
    rows = max(1, _STRIP // max(1, labels.shape[2]))
    strips = -(-labels.shape[1] // rows)
    grain = max(1, _GRAIN // labels[0].size)

    count = np.zeros(images * strips + 1, np.int64)
    for_rows(_count_strips, images * strips, labels, rows, strips, count[1:], grain=4 * grain)
    strip_ptr = np.cumsum(count)
    pairs, pair_ptr = int(strip_ptr[-1]), strip_ptr[::strips].copy()
    low, high = (scratch(f"borders {k}", pairs, np.int32) for k in ("low", "high"))
    planes, slopes = (t.detach().contiguous().flatten(2).numpy() for t in (image, slope))
    facts = scratch("borders facts", (pairs, width), planes.dtype)
    arrays = (labels, planes, slopes, rows, strips, strip_ptr, low, high, facts)
    for_rows(_list_strips, images * strips, *arrays, grain=grain)

    first, end = np.empty(n, np.int64), np.empty(images, np.int64)
    other = scratch("borders other", pairs, np.int32)
    slot, length = (scratch(f"borders {k}", pairs, np.int64) for k in ("slot", "length"))
    total = scratch("borders total", (pairs, width), np.float64)
    found = (first, other, slot, length, total)
    for_rows(_sum_rows, images, low, high, facts, ptr, pair_ptr, end, *found, grain=grain)
    edges = np.zeros(images + 1, np.int64)
    np.cumsum(2 * (end - pair_ptr[:-1]), out=edges[1:])

    index = torch.empty(2, int(edges[-1]), dtype=torch.int64)
    out_length = torch.empty(index.shape[1], dtype=torch.int64)
    step = image.new_empty(index.shape[1], channels)
    gradient = image.new_empty(index.shape[1], width - channels)
    out = (index.numpy(), out_length.numpy(), step.numpy(), gradient.numpy())
    for_rows(_write_rows, images, ptr, end, *found, edges, *out, grain=4 * grain)
    return Borders(index, out_length, step, gradient)
