"""The start of SLIC, compiled: bands of rows cut into cells (see ``_seeds.py``)."""

import math
from typing import Any

import numpy as np
from numba import njit

JIT: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "boundscheck": False,
    "fastmath": {"contract", "reassoc", "nsz"},
    "error_model": "numpy",
}


@njit(**JIT)
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


@njit(**JIT)
def seed(
    shape: Any,
    stride: Any,
    valid: Any,
    masked: Any,
    n: Any,
    rows: Any,
    start: Any,
    edges: Any,
    labels: Any,
) -> Any:
    """Cells of one image: ``labels`` (row ``y`` begins at ``y·stride``; ``n`` where invalid).

    ``edges[start[r] + r + j]`` is the first column of cell j of band r as neighbours see it.
    Returns the number of bands.
    """
    height, width = shape
    counts = np.full(height, width, dtype=np.int64)
    if masked:
        for y in range(height):
            inside = 0
            for x in range(width):
                inside += valid[y, x]
            counts[y] = inside
    found = find_bands(counts, n, rows, start)
    for r in range(found):
        cells = start[r + 1] - start[r]
        pixels = 0
        for y in range(rows[r], rows[r + 1]):
            pixels += counts[y]
        at = start[r] + r
        rank, cell = 0, -1
        for x in range(width):
            before = rank
            for y in range(rows[r], rows[r + 1]):
                if masked and valid[y, x] == 0:
                    labels[y * stride + x] = n
                else:
                    labels[y * stride + x] = start[r] + rank * cells // pixels
                    rank += 1
            here = min(cells - 1, (before + (rank - before) // 2) * cells // pixels)
            while cell < here:
                cell += 1
                edges[at + cell] = x
        while cell < cells:
            cell += 1
            edges[at + cell] = width
        edges[at] = 0
    return found
