"""Borders on the CPU: one raster pass per image collects the pixel pairs that differ.

Pairs are bucketed by their lower region (stable, so sums have one fixed order), summed once per
pair of regions, and written in both directions; a cursor per row leaves every row sorted without a
search. One thread works on an image, so the bits do not depend on the number of threads.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.borders._borders import Borders
from graphvision.kernels.regions import Regions

_GRAIN = 1 << 12  # pixels that are worth a thread
_SHORT = 48  # up to here, plain insertion sort


@jit
def _count_rows(lo: int, hi: int, labels: Any, count: Any) -> None:
    """Pairs of neighbouring pixels of two regions, per image."""
    h, w = labels.shape[1], labels.shape[2]
    for b in range(lo, hi):
        total = 0
        for y in range(h):
            row = labels[b, y]
            below = labels[b, min(y + 1, h - 1)]
            for x in range(w):
                total += (row[x] != below[x]) & (row[x] >= 0) & (below[x] >= 0)
            for x in range(w - 1):
                total += (row[x] != row[x + 1]) & (row[x] >= 0) & (row[x + 1] >= 0)
        count[b] = total


@jit
def _collect(labels: Any, place: Any) -> int:
    """List the pairs of one image as ``2·pixel + (1 if downwards)``; no branch to mispredict."""
    h, w = labels.shape
    held = 0
    for y in range(h):
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
def _bucket_pairs(labels: Any, place: Any, low: Any, high: Any, bucket: Any, order: Any) -> None:
    """Sort the pairs of one image by lower region, stable; ``bucket`` gets the bounds."""
    w = labels.shape[1]
    flat = labels.ravel()
    for k in range(len(low)):
        p = place[k] >> 1
        a, c = flat[p], flat[p + (w if place[k] & 1 else 1)]
        low[k], high[k] = min(a, c), max(a, c)
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
def _add_pairs(
    planes: Any, slopes: Any, w: int, place: Any, owner: Any, length: Any, facts: Any
) -> None:
    channels = len(planes)
    ys, xs = slopes[0], slopes[1]
    for k in range(len(owner)):
        p = place[k] >> 1
        t = p + (w if place[k] & 1 else 1)
        u = owner[k]
        length[u] += 1
        for c in range(channels):
            facts[u, c] += abs(np.float64(planes[c, p]) - planes[c, t])
        gy, gx = np.float64(ys[p]), np.float64(xs[p])
        ty, tx = np.float64(ys[t]), np.float64(xs[t])
        near, far = np.sqrt(gy * gy + gx * gx), np.sqrt(ty * ty + tx * tx)
        facts[u, channels] += 0.5 * (near + far)


@jit
def _sum_rows(
    lo: int, hi: int, image: Any, slope: Any, labels: Any, ptr: Any, pair_ptr: Any, end: Any,
    first: Any, other: Any, slot: Any, length: Any, facts: Any,
) -> None:  # fmt: skip
    """Per image: its pairs of regions by lower, then higher number, with their sums."""
    for b in range(lo, hi):
        pairs = pair_ptr[b + 1] - pair_ptr[b]
        regions = ptr[b + 1] - ptr[b]
        place, order = np.empty(pairs + 1, np.int64), np.empty(pairs, np.int64)
        low, high = np.empty(pairs, np.int32), np.empty(pairs, np.int32)
        bucket = np.zeros(regions + 1, np.int64)
        _collect(labels[b], place)
        _bucket_pairs(labels[b], place, low, high, bucket, order)
        mark, seen = np.full(regions, -1, np.int32), np.empty(regions, np.int64)
        owner = np.empty(pairs, np.int64)
        held = pair_ptr[b]
        for i in range(regions):
            first[ptr[b] + i] = held
            begin = held
            for q in range(bucket[i], bucket[i + 1]):
                j = high[order[q]]
                if mark[j] != i:
                    mark[j], seen[j] = i, held
                    other[held], slot[held], length[held] = j, held, 0
                    for c in range(facts.shape[1]):
                        facts[held, c] = 0.0
                    held += 1
                owner[order[q]] = seen[j]
            _sort_pairs(other[begin:held], slot[begin:held])
        _add_pairs(image[b], slope[b], labels.shape[2], place, owner, length, facts)
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
                    gradient[e, 0] = facts[s, channels] / n


def borders(image: Tensor, slope: Tensor, regions: Regions) -> Borders:
    """See :func:`graphvision.kernels.borders.borders`."""
    n, (images, channels) = regions.num_regions, image.shape[:2]
    ptr = regions.ptr.numpy()
    labels = regions.labels.contiguous().numpy()
    grain = max(1, _GRAIN // labels[0].size)

    count = np.empty(images, np.int64)
    for_rows(_count_rows, images, labels, count, grain=4 * grain)
    pair_ptr = np.zeros(images + 1, np.int64)
    np.cumsum(count, out=pair_ptr[1:])
    pairs = int(pair_ptr[-1])

    first, other = np.empty(n, np.int64), np.empty(pairs, np.int32)
    slot, length = np.empty(pairs, np.int64), np.empty(pairs, np.int64)
    facts = np.empty((pairs, channels + 1))
    end = np.empty(images, np.int64)
    found = (first, other, slot, length, facts)
    planes, slopes = (t.detach().contiguous().flatten(2).numpy() for t in (image, slope))
    for_rows(_sum_rows, images, planes, slopes, labels, ptr, pair_ptr, end, *found, grain=grain)
    edges = np.zeros(images + 1, np.int64)
    np.cumsum(2 * (end - pair_ptr[:-1]), out=edges[1:])

    total = int(edges[-1])
    index, out_length = (
        torch.empty(2, total, dtype=torch.int64),
        torch.empty(total, dtype=torch.int64),
    )
    step, gradient = image.new_empty(total, channels), image.new_empty(total, 1)
    out = (index.numpy(), out_length.numpy(), step.numpy(), gradient.numpy())
    for_rows(_write_rows, images, ptr, end, *found, edges, *out, grain=4 * grain)
    return Borders(index, out_length, step, gradient)
