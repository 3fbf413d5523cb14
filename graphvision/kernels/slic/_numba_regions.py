"""From clusters to regions, compiled: sums of components, merging and the final numbers."""

from typing import Any

import numpy as np

from graphvision.kernels._jit import jit
from graphvision.kernels.components._numba_runs import number_parts, root
from graphvision.kernels.slic._numba_cluster import cluster_total


@jit
def _main_parts(label: Any, size: Any, n: Any) -> Any:
    """The largest component of every cluster (the first on a tie), or -1."""
    main = np.full(n, -1, dtype=np.int32)
    for i in range(label.size):
        k = main[label[i]]
        if k < 0 or size[i] > size[k]:
            main[label[i]] = i
    return main


@jit
def _sum_small_parts(shape: Any, runs: Any, small: Any, feat: Any, sums: Any) -> None:
    """Pixels, (y, x) and colours, summed over the components that ``small`` marks."""
    ends, _, _, part, count = runs
    _, width, channels, _ = shape
    blocks = (width + 31) // 32
    for y in range(count.size):
        x0 = 0
        for i in range(y * width, y * width + count[y]):
            x1, k = ends[i], part[i]
            if k >= 0 and small[k]:
                sums[k, 0] += x1 - x0
                sums[k, 1] += (x1 - x0) * y
                sums[k, 2] += (x1 - x0) * (x0 + x1 - 1) * 0.5
                for x in range(x0, x1):
                    at = ((y * blocks + (x >> 5)) * channels) * 32 + (x & 31)
                    for c in range(channels):
                        sums[k, c + 3] += feat[at + 32 * c]
            x0 = x1


@jit
def sum_parts(
    bands: Any, shape: Any, runs: Any, label: Any, size: Any, work: Any, sums: Any
) -> None:
    """Pixels, weighted (y, x) and colours, summed over every component, into ``sums``.

    The largest component of a cluster gets what the others leave of the cluster's sum; sums are
    exact, so this is the sum over its pixels.
    """
    feat, _, _, start, _, _, _, partial, axis = work
    n = shape[3]
    main = _main_parts(label, size, n)
    small = np.ones(size.size, dtype=np.uint8)
    for k in range(n):
        if main[k] >= 0:
            small[main[k]] = 0
    sums[:] = 0.0
    _sum_small_parts(shape, runs, small, feat, sums)
    for r in range(bands):
        for k in range(start[r], start[r + 1]):
            if main[k] >= 0:
                cluster_total(k, r, bands, start, partial, sums[main[k]])
    for i in range(size.size):
        if small[i]:
            k = main[label[i]]
            for c in range(sums.shape[1]):
                sums[k, c] -= sums[i, c]
    weight = float(axis[1])
    for i in range(size.size):
        sums[i, 1] *= weight
        sums[i, 2] *= weight


@jit
def list_neighbours(
    cuts: Any, pairs: Any, part: Any, size: Any, limit: Any, head: Any, entries: Any
) -> None:
    """Neighbours of the components below ``limit`` pixels, as linked lists.

    ``head[k]`` is the first entry of component k and ``entries[i]`` = (other, sides, next entry),
    -1 at the end.
    """
    head[:] = -1
    found = 0
    for s in range(cuts.shape[1] - 1):
        for i in range(cuts[2, s], cuts[2, s] + cuts[1, s]):
            a, b, sides = part[pairs[i, 0]], part[pairs[i, 1]], pairs[i, 2]
            if size[a] < limit:
                entries[found, 0], entries[found, 1], entries[found, 2] = b, sides, head[a]
                head[a] = found
                found += 1
            if size[b] < limit:
                entries[found, 0], entries[found, 1], entries[found, 2] = a, sides, head[b]
                head[b] = found
                found += 1


@jit
def closest(k: Any, owner: Any, following: Any, sums: Any, lists: Any) -> Any:
    """The neighbour of region ``k`` with the least ``d² / border²``; the lowest on a tie.

    ``d`` is SLIC's distance of the two means and ``border`` the number of shared pixel sides.
    Returns -1 where there is no neighbour.
    """
    head, entries, border, touched = lists
    found, member = 0, k
    while member >= 0:
        i = head[member]
        while i >= 0:
            other = root(owner, entries[i, 0])
            if other != k:
                if border[other] == 0:
                    touched[found] = other
                    found += 1
                border[other] += entries[i, 1]
            i = entries[i, 2]
        member = following[member]
    if found == 1:
        border[touched[0]] = 0
        return touched[0]
    best, chosen, own = np.inf, -1, 1.0 / sums[k, 0]
    for i in range(found):
        other = touched[i]
        score, inverse = 0.0, 1.0 / sums[other, 0]
        for c in range(1, sums.shape[1]):
            step = sums[other, c] * inverse - sums[k, c] * own
            score += step * step
        score /= float(border[other]) * float(border[other])
        border[other] = 0
        if score < best or (score == best and other < chosen):
            best, chosen = score, other
    return chosen


@jit
def _append(k: Any, size: Any, buckets: Any) -> None:
    head, tail, before, after = buckets
    at = size[k]
    before[k], after[k] = tail[at], -1
    if tail[at] >= 0:
        after[tail[at]] = k
    else:
        head[at] = k
    tail[at] = k


@jit
def _remove(k: Any, size: Any, buckets: Any) -> None:
    head, tail, before, after = buckets
    at = size[k]
    if before[k] >= 0:
        after[before[k]] = after[k]
    else:
        head[at] = after[k]
    if after[k] >= 0:
        before[after[k]] = before[k]
    else:
        tail[at] = before[k]


@jit
def merge_small(limit: Any, target: Any, alive: Any, lists: Any, size: Any, state: Any) -> Any:
    """Merge regions into their closest neighbour, smallest first; return how many are left.

    Goes on while the smallest has fewer than ``limit`` pixels or, if ``target`` is not -1, more
    than ``target`` are left. Of equally small regions the one that got this size first is next.
    """
    owner, following, last, sums = state
    parts = size.size
    reach = limit if target < 0 else size.sum() + 1
    buckets = (
        np.full(reach, -1, dtype=np.int32),
        np.full(reach, -1, dtype=np.int32),
        np.empty(parts, dtype=np.int32),
        np.empty(parts, dtype=np.int32),
    )
    for k in range(parts):
        if owner[k] == k and size[k] < reach:
            _append(k, size, buckets)
    at = 0
    while at < reach and (at < limit or alive > target):
        k = buckets[0][at]
        if k < 0:
            at += 1
            continue
        _remove(k, size, buckets)
        other = closest(k, owner, following, sums, lists)
        if other < 0:
            continue
        if size[other] < reach:
            _remove(other, size, buckets)
        owner[k] = other
        following[last[other]] = k
        last[other] = last[k]
        for c in range(sums.shape[1]):
            sums[other, c] += sums[k, c]
        size[other] += size[k]
        alive -= 1
        if size[other] < reach:
            _append(other, size, buckets)
    return alive


@jit
def parts_of(smallest: Any, exact: Any, shape: Any, cuts: Any, runs: Any) -> Any:
    """Number the components; sizes, labels, and memory for their sums and neighbours.

    The last of them is the size below which neighbours are needed: 0 if nothing has to merge.
    """
    height, width, channels, n = shape
    most = runs[4].sum()
    size, label = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    parts = number_parts(width, runs, size, label)
    limit = height * width + 1 if exact and parts > n else 0
    for k in range(parts):
        limit = max(limit, smallest) if size[k] < smallest else limit
    sums = np.empty((parts, channels + 3), dtype=np.float64)
    head = np.empty(parts, dtype=np.int32)
    entries = np.empty((2 * cuts[1].sum() if limit > 0 else 0, 3), dtype=np.int32)
    return size[:parts], label[:parts], sums, head, entries, limit


@jit
def survey(
    first: Any, stop: Any, bands: Any, shape: Any, cuts: Any, pairs: Any, runs: Any, work: Any,
    parts: Any,
) -> None:  # fmt: skip
    """What merging has to know, in two tasks for two threads: neighbours (0) and sums (1)."""
    size, label, sums, head, entries, limit = parts
    if limit == 0:
        return
    for task in range(first, stop):
        if task == 0:
            list_neighbours(cuts, pairs, runs[3], size, limit, head, entries)
        else:
            sum_parts(bands, shape, runs, label, size, work, sums)


@jit
def merge(smallest: Any, exact: Any, n: Any, parts: Any) -> Any:
    """Components to regions; returns the region of every component, and how many there are.

    Regions are numbered in raster order of their first pixels. Cuts for ``exact`` are not made.
    """
    size, _, sums, head, entries, limit = parts
    count = size.size
    ids = np.empty(count, dtype=np.int32)
    for k in range(count):
        ids[k] = k
    if limit > 0:
        state = (ids, np.full(count, -1, dtype=np.int32), ids.copy(), sums)
        lists = (head, entries, np.zeros(count, dtype=np.int32), np.empty(count, dtype=np.int32))
        left = merge_small(smallest, -1, count, lists, size, state)
        if exact and left > n:
            merge_small(smallest, n, left, lists, size, state)
    number = np.full(count, -1, dtype=np.int32)
    found = 0
    for k in range(count):
        own = root(ids, k)
        if number[own] < 0:
            number[own] = found
            found += 1
        number[k] = number[own]
    return number, found
