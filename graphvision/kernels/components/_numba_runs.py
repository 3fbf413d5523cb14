"""Runs of equal labels and their 4-connected components, compiled.

Runs are stored where they begin: run i of row y has number ``y · width + i``, so that rows can be
searched by several threads. A component's root is its first run: it doesn't depend on who joined
what first.
"""

from typing import Any

import numpy as np

from graphvision.kernels._jit import jit


@jit
def empty_runs(height: Any, width: Any) -> Any:
    """Ends, labels, parents and components of runs, and how many runs every row has."""
    pixels = height * width
    return (
        np.empty(pixels, dtype=np.int32),
        np.empty(pixels, dtype=np.int32),
        np.empty(pixels, dtype=np.int32),
        np.empty(pixels, dtype=np.int32),
        np.empty(height, dtype=np.int32),
    )


@jit
def find_runs(lo: Any, hi: Any, layout: Any, labels: Any, runs: Any) -> None:
    """Cut rows ``lo…hi`` into runs of one label; masked and negative ones become -1.

    ``layout`` is the width of the image, that of a row of ``labels`` in memory, and the label of
    masked pixels.
    """
    ends, of_run, parent, _, count = runs
    width, stride, masked = layout
    for y in range(lo, hi):
        base = y * stride
        at = np.uintp(y * width)
        before = labels[base]
        of_run[at] = before
        for x in range(1, width):
            here = labels[base + x]
            ends[at] = x
            at += np.uintp(1) if here != before else np.uintp(0)
            of_run[at] = here
            before = here
        ends[at] = width
        found = int(at) + 1 - y * width
        count[y] = found
        for i in range(y * width, y * width + found):
            parent[i] = i
            of_run[i] = -1 if of_run[i] == masked or of_run[i] < 0 else of_run[i]


@jit
def root(parent: Any, i: Any) -> Any:
    """The first member of the set of ``i``; paths are halved on the way."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@jit
def _link_row(y: Any, width: Any, runs: Any, unite: Any, pairs: Any, found: Any) -> Any:
    """Rows y-1 and y: join runs of one label that touch; list others, and along how many sides."""
    ends, of_run, parent, _, count = runs
    a, b = (y - 1) * width, y * width
    stop, left = b + count[y], 0
    while b < stop:
        right = min(ends[a], ends[b])
        if of_run[a] == of_run[b]:
            if unite:
                u, v = root(parent, a), root(parent, b)
                parent[max(u, v)] = min(u, v)
        else:
            pairs[found, 0], pairs[found, 1], pairs[found, 2] = a, b, right - left
            found += 1 if of_run[a] >= 0 and of_run[b] >= 0 else 0
        ea, eb = ends[a], ends[b]
        a += 1 if ea <= eb else 0
        b += 1 if eb <= ea else 0
        left = right
    return found


@jit
def link_strips(first: Any, stop: Any, cuts: Any, width: Any, runs: Any, pairs: Any) -> None:
    """Components within strips of rows ``cuts[s]…cuts[s + 1]``, and the pairs of runs that touch.

    The pairs of strip s start at row ``cuts[2, s]``, and ``cuts[1, s]`` gets their number; runs of
    one label on two sides of a cut are left to :func:`link_seams`.
    """
    of_run, count = runs[1], runs[4]
    for s in range(first, stop):
        begin = found = cuts[2, s]
        for y in range(cuts[0, s], cuts[0, s + 1]):
            for i in range(y * width + 1, y * width + count[y]):
                pairs[found, 0], pairs[found, 1], pairs[found, 2] = i - 1, i, 1
                found += 1 if of_run[i] >= 0 and of_run[i - 1] >= 0 else 0
            if y > 0:
                found = _link_row(y, width, runs, y > cuts[0, s], pairs, found)
        cuts[1, s] = found - begin


@jit
def link_seams(cuts: Any, width: Any, runs: Any) -> None:
    """Join the components on both sides of every cut."""
    unused = np.empty((2 * width + 1, 3), dtype=np.int32)
    for s in range(1, cuts.shape[1] - 1):
        if 0 < cuts[0, s] < runs[4].size:
            _link_row(cuts[0, s], width, runs, True, unused, 0)


@jit
def plan_strips(strips: Any, width: Any, runs: Any) -> Any:
    """First rows of the strips, where their pairs begin, and room for the pairs."""
    count = runs[4]
    cuts = np.zeros((3, strips + 1), dtype=np.int64)
    before = 0
    for s in range(strips + 1):
        cuts[0, s] = count.size * s // strips
        if s > 0:
            before += 3 * count[cuts[0, s - 1] : cuts[0, s]].sum() + width
        cuts[2, s] = before
    return cuts, np.empty((before, 3), dtype=np.int32)


@jit
def number_parts(width: Any, runs: Any, size: Any, label: Any) -> Any:
    """Number the components in raster order, -1 where masked; their sizes and labels."""
    ends, of_run, parent, part, count = runs
    found = 0
    for y in range(count.size):
        x0 = 0
        for i in range(y * width, y * width + count[y]):
            k = of_run[i]
            if k < 0:
                part[i] = -1
            elif parent[i] == i:
                part[i], size[found], label[found] = found, ends[i] - x0, k
                found += 1
            else:
                k = part[root(parent, i)]
                part[i] = k
                size[k] += ends[i] - x0
            x0 = ends[i]
    return found


@jit
def paint(lo: Any, hi: Any, runs: Any, number: Any, out: Any) -> None:
    """Write the regions of rows ``lo…hi`` into ``out`` ``[h, w]``."""
    ends, _, _, part, count = runs
    width = out.shape[1]
    for y in range(lo, hi):
        row = out[y]
        x0 = 0
        for i in range(y * width, y * width + count[y]):
            k = np.int64(number[part[i]]) if part[i] >= 0 else -1
            for x in range(x0, ends[i]):
                row[x] = k
            x0 = ends[i]
