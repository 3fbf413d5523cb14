"""From clusters to regions, compiled: runs, union-find, merging and the final numbers."""

from typing import Any

import numpy as np

from graphvision.kernels._jit import jit


@jit
def find_runs(
    labels: Any, shape: Any, stride: Any, n: Any, ends: Any, of_run: Any, first: Any
) -> Any:
    """Cut rows into runs of one label: their ends, labels (-1 where masked), first run of a row."""
    height, width = shape
    found = 0
    for y in range(height):
        first[y] = found
        base = y * stride
        before = labels[base]
        of_run[found] = before
        for x in range(1, width):
            here = labels[base + x]
            ends[found] = x
            found += 1 if here != before else 0
            of_run[found] = here
            before = here
        ends[found] = width
        found += 1
    first[height] = found
    for i in range(found):
        of_run[i] = -1 if of_run[i] == n else of_run[i]
    return found


@jit
def root(parent: Any, i: Any) -> Any:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@jit
def link_runs(ends: Any, of_run: Any, first: Any, parent: Any, pairs: Any) -> Any:
    """Join touching runs of one label; list others that touch, and along how many sides."""
    for i in range(first[-1]):
        parent[i] = i
    found = 0
    for y in range(first.size - 1):
        for i in range(first[y] + 1, first[y + 1]):
            pairs[found] = (i - 1, i, 1)
            found += 1 if of_run[i] >= 0 and of_run[i - 1] >= 0 else 0
        if y == 0:
            continue
        a, b = first[y - 1], first[y]
        while b < first[y + 1]:
            if of_run[a] == of_run[b]:
                u, v = root(parent, a), root(parent, b)
                parent[max(u, v)] = min(u, v)
            elif of_run[a] >= 0 and of_run[b] >= 0:
                left = max(
                    ends[a - 1] if a > first[y - 1] else 0, ends[b - 1] if b > first[y] else 0
                )
                pairs[found] = (a, b, min(ends[a], ends[b]) - left)
                found += 1
            ea, eb = ends[a], ends[b]
            a += 1 if ea <= eb else 0
            b += 1 if eb <= ea else 0
    return found


@jit
def number_parts(of_run: Any, first: Any, parent: Any, part: Any) -> Any:
    """Number the components in raster order; ``part`` is -1 where masked."""
    found = 0
    for i in range(first[-1]):
        if of_run[i] < 0:
            part[i] = -1
        elif parent[i] == i:
            part[i] = found
            found += 1
        else:
            part[i] = part[root(parent, i)]
    return found


@jit
def sum_parts(
    ends: Any, first: Any, part: Any, prefix: Any, channels: Any, width: Any, scale: Any, sums: Any
) -> None:
    """Pixels, (y, x) times ``scale`` and colours, summed over every component."""
    sums[:] = 0.0
    for y in range(first.size - 1):
        x0 = 0
        for i in range(first[y], first[y + 1]):
            x1, k = ends[i], part[i]
            if k >= 0:
                p0, p1 = (y * (width + 1) + x0) * channels, (y * (width + 1) + x1) * channels
                sums[k, 0] += x1 - x0
                sums[k, 1] += (x1 - x0) * y * scale
                sums[k, 2] += (x1 - x0) * (x0 + x1 - 1) * 0.5 * scale
                for c in range(channels):
                    sums[k, c + 3] += prefix[p1 + c] - prefix[p0 + c]
            x0 = x1


@jit
def list_neighbours(pairs: Any, part: Any, size: Any, limit: Any) -> Any:
    """Neighbours of the components below ``limit`` pixels: row pointers, and (other, sides)."""
    small = (size < limit).astype(np.uint8)
    pointer = np.zeros(len(size) + 2, dtype=np.int32)
    for i in range(len(pairs)):
        a, b = part[pairs[i, 0]], part[pairs[i, 1]]
        pointer[a + 2] += small[a]
        pointer[b + 2] += small[b]
    for k in range(2, len(pointer)):
        pointer[k] += pointer[k - 1]
    near = np.empty((pointer[-1], 2), dtype=np.int32)
    for i in range(len(pairs)):
        a, b, sides = part[pairs[i, 0]], part[pairs[i, 1]], pairs[i, 2]
        if small[a]:
            near[pointer[a + 1]] = (b, sides)
            pointer[a + 1] += 1
        if small[b]:
            near[pointer[b + 1]] = (a, sides)
            pointer[b + 1] += 1
    return pointer, near


@jit
def closest(k: Any, owner: Any, following: Any, sums: Any, lists: Any) -> Any:
    """The neighbour of region ``k`` with the least ``d² / border²``; the lowest on a tie.

    ``d`` is SLIC's distance of the two means and ``border`` the number of shared pixel sides.
    Returns -1 where there is no neighbour.
    """
    pointer, near, border, touched = lists
    found, member = 0, k
    while member >= 0:
        for i in range(pointer[member], pointer[member + 1]):
            other = root(owner, near[i, 0])
            if other != k:
                if border[other] == 0:
                    touched[found] = other
                    found += 1
                border[other] += near[i, 1]
        member = following[member]
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
def merge_small(limit: Any, target: Any, alive: Any, pairs: Any, part: Any, state: Any) -> Any:
    """Merge regions into their closest neighbour, smallest first; return how many are left.

    Goes on while the smallest has fewer than ``limit`` pixels or, if ``target`` is not -1, more
    than ``target`` are left. Of equally small regions the one that got this size first is next.
    """
    owner, following, last, sums = state
    parts = len(sums)
    size = sums[:, 0].astype(np.int32)
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
    pointer, near = list_neighbours(pairs, part, size, reach)
    lists = (pointer, near, np.zeros(parts, dtype=np.int32), np.empty(parts, dtype=np.int32))
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
def paint(ends: Any, first: Any, part: Any, owner: Any, out: Any) -> Any:
    """Write dense region numbers, in raster order of first pixels, into ``out`` ``[h, w]``."""
    number = np.full(len(owner), -1, dtype=np.int64)
    found = 0
    for y in range(first.size - 1):
        x0 = 0
        for i in range(first[y], first[y + 1]):
            k = -1
            if part[i] >= 0:
                own = root(owner, part[i])
                if number[own] < 0:
                    number[own] = found
                    found += 1
                k = number[own]
            for x in range(x0, ends[i]):
                out[y, x] = k
            x0 = ends[i]
    return found


@jit
def connect(size: Any, smallest: Any, exact: Any, work: Any, out: Any) -> Any:
    """Regions of one image into ``out``; returns how many. Cuts for ``exact`` are not made here."""
    _, prefix, labels, _, _, _, _, _, _, axis = work
    height, width, channels, n = size
    stride = (width + 31) // 32 * 32
    ends = np.empty(height * width, dtype=np.int32)
    of_run = np.empty(height * width, dtype=np.int32)
    first = np.empty(height + 1, dtype=np.int32)
    runs = find_runs(labels, (height, width), stride, n, ends, of_run, first)
    parent = np.empty(runs, dtype=np.int32)
    pairs = np.empty((3 * runs + 1, 3), dtype=np.int32)
    pairs = pairs[: link_runs(ends, of_run, first, parent, pairs)]
    part = np.empty(runs, dtype=np.int32)
    parts = number_parts(of_run, first, parent, part)
    sums = np.empty((parts, channels + 3), dtype=np.float64)
    sum_parts(ends, first, part, prefix, channels, width, float(axis[1]), sums)
    ids = np.arange(parts).astype(np.int32)
    state = (ids, np.full(parts, -1, dtype=np.int32), ids.copy(), sums)
    left = merge_small(smallest, -1, parts, pairs, part, state)
    if exact and left > n:
        merge_small(smallest, n, left, pairs, part, state)
    return paint(ends, first, part, ids, out)
