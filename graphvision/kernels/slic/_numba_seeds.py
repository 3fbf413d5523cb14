"""The start of SLIC, compiled: bands of rows cut into cells (see ``_seeds.py``)."""

import math
from typing import Any

import numpy as np

from graphvision.kernels._jit import jit


@jit
def find_bands(counts: Any, n: Any, rows: Any, start: Any) -> Any:
    """Fill first rows and first cells of the bands; return how many bands there are."""
    total, height = 0, 0
    for y in range(counts.size):
        total += counts[y]
        height += 1 if counts[y] > 0 else 0
    wanted = math.floor(height / math.sqrt(total / n) + 0.5)
    wanted = min(height, n, max(1, wanted, (n * height + total - 1) // total))
    seen, pixels, quanta, found = 0, 0, 0, 0
    rows[0], start[0] = 0, 0
    for y in range(counts.size):
        seen += 1 if counts[y] > 0 else 0
        pixels += counts[y]
        cells = (pixels * n + total // 2) // total
        if seen * wanted >= (quanta + 1) * height and cells > start[found]:
            quanta = seen * wanted // height
            found += 1
            rows[found], start[found] = y + 1, cells
    rows[found] = counts.size
    return found


@jit
def _seed_full_band(r: Any, size: Any, work: Any) -> None:
    """Cut band ``r``, of which every pixel is valid, row by row."""
    _, labels, rows, start, edges, _, _, _, _ = work
    width = size[1]
    stride = (width + 31) // 32 * 32
    cells, at, high = start[r + 1] - start[r], start[r] + r, rows[r + 1] - rows[r]
    pixels = high * width
    x0, rest0 = 0, 0
    for cell in range(cells):
        # Ranks below ⌈(cell + 1) · pixels / cells⌉ belong to this cell and those before it: up to
        # column x1, and in its first rows one column more.
        rank = ((cell + 1) * pixels + cells - 1) // cells
        x1 = rank // high
        rest1 = rank - x1 * high
        for row in range(high):
            base = (rows[r] + row) * stride
            for x in range(x0 + (row < rest0), x1 + (row < rest1)):
                labels[base + x] = start[r] + cell
        x0, rest0 = x1, rest1
    seen = 0
    edges[at] = 0
    for x in range(width):
        # column x belongs to the cell of its middle pixel
        while seen < cells - 1 and (x * high + high // 2) * cells >= (seen + 1) * pixels:
            seen += 1
            edges[at + seen] = x
    while seen < cells:
        seen += 1
        edges[at + seen] = width


@jit
def _seed_band(r: Any, pixels: Any, size: Any, valid: Any, work: Any) -> None:
    """Cut band ``r`` into cells, counting its valid pixels column by column."""
    _, labels, rows, start, edges, _, _, _, _ = work
    _, width, _, n = size
    stride = (width + 31) // 32 * 32
    cells, at = start[r + 1] - start[r], start[r] + r
    rank, cell, seen = 0, 0, 0
    full = (pixels + cells - 1) // cells
    edges[at] = 0
    for x in range(width):
        before = rank
        for y in range(rows[r], rows[r + 1]):
            if valid[y, x] == 0:
                labels[y * stride + x] = n
                continue
            if rank == full:
                cell += 1
                full = ((cell + 1) * pixels + cells - 1) // cells
            labels[y * stride + x] = start[r] + cell
            rank += 1
        middle = min(cells - 1, (before + (rank - before) // 2) * cells // pixels)
        while seen < middle:
            seen += 1
            edges[at + seen] = x
    while seen < cells:
        seen += 1
        edges[at + seen] = width


@jit
def seed(size: Any, valid: Any, work: Any) -> Any:
    """Cells of one image, ``n`` where invalid; return the number of bands and of valid pixels.

    ``edges[start[r] + r + j]`` is the first column of cell j of band r as neighbours see it.
    """
    rows, start = work[2], work[3]
    height, width, _, n = size
    counts = np.full(height, width, dtype=np.int64)
    if valid.size > 0:
        for y in range(height):
            inside = 0
            for x in range(width):
                inside += valid[y, x]
            counts[y] = inside
    bands = find_bands(counts, n, rows, start)
    total = 0
    for r in range(bands):
        pixels = counts[rows[r] : rows[r + 1]].sum()
        total += pixels
        if valid.size > 0:
            _seed_band(r, pixels, size, valid, work)
        else:
            _seed_full_band(r, size, work)
    return bands, total
