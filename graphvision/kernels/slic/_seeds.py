"""Where the clusters of SLIC start: n cells of nearly equal pixel counts, in bands of rows."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Seeds:
    """Bands of rows, cut into cells; cell ``start[r] + j`` is number j of band r."""

    rows: list[int]
    start: list[int]
    column: list[Tensor]
    labels: Tensor


def count_bands(total: int, height: int, n: int) -> int:
    """How many bands make cells about as high as wide: ``height / √(total / n)``, rounded."""
    wanted = math.floor(height / math.sqrt(total / n) + 0.5)
    return min(height, n, max(1, wanted, -(-n * height // total)))


def bands(counts: list[int], n: int) -> tuple[list[int], list[int]]:
    """First row and first cell of every band, and the two ends."""
    total, height = sum(counts), sum(c > 0 for c in counts)
    wanted = count_bands(total, height, n)
    rows, start = [0], [0]
    seen = pixels = quanta = 0
    for y, count in enumerate(counts):
        seen, pixels = seen + (count > 0), pixels + count
        cells = (pixels * n + total // 2) // total
        if seen * wanted >= (quanta + 1) * height and cells > start[-1]:
            quanta = seen * wanted // height
            rows.append(y + 1)
            start.append(cells)
    rows[-1] = len(counts)
    return rows, start


def seed(mask: Tensor, n: int) -> Seeds:
    """Cut the valid pixels of ``mask`` ``[h, w]`` into exactly ``n`` cells of nearly equal count.

    Inside a band the pixels are counted column by column, so a cell is a stretch of columns.
    """
    rows, start = bands(mask.sum(dim=1).tolist(), n)
    labels = torch.full(mask.shape, -1, dtype=torch.long)
    column = []
    for r, (y0, y1) in enumerate(pairwise(rows)):
        valid, cells = mask[y0:y1].T, start[r + 1] - start[r]
        pixels = int(valid.sum())
        rank = valid.flatten().cumsum(0).view_as(valid) - 1
        cell = torch.where(valid, start[r] + rank * cells // pixels, -1)
        labels[y0:y1] = cell.T
        inside = valid.sum(dim=1)
        middle = inside.cumsum(0) - inside + inside // 2
        column.append((middle * cells // pixels).clamp(max=cells - 1))
    return Seeds(rows, start, column, labels)


def candidates(seeds: Seeds) -> Tensor:
    """The up to nine cells around every pixel's cell, ascending; ``[9, h, w]``, -1 where none."""
    height, width = seeds.labels.shape
    found = torch.full((9, height, width), -1, dtype=torch.long)
    n_bands = len(seeds.column)
    for b in range(n_bands):
        own = slice(seeds.rows[b], seeds.rows[b + 1])
        for di in (-1, 0, 1):
            r = b + di
            if not 0 <= r < n_bands:
                continue
            cells = seeds.start[r + 1] - seeds.start[r]
            for dj in (-1, 0, 1):
                near = (seeds.column[r] + dj).clamp(0, cells - 1)
                found[3 * (di + 1) + dj + 1, own] = seeds.start[r] + near
    return found
