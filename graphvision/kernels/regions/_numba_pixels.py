"""Counting sort of pixels by region on the CPU: two passes over runs of equal labels.

Strips of a large image are counted and written by several threads; the order is the same.
"""

from typing import Any

import numpy as np
import torch

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_runs import run_end
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather import Csr

_GRAIN = 1 << 15  # pixels that are worth a thread
_STRIP = 1 << 16  # pixels of a strip of an image


@jit
def _count(lo: int, hi: int, labels: Any, step: int, strips: int, ptr: Any, count: Any) -> None:
    """Pixels of every region in each strip of ``step`` pixels of its image."""
    for unit in range(lo, hi):
        b, strip = unit // strips, unit % strips
        row, mine = labels[b], count[strip, ptr[b] : ptr[b + 1]]
        for k in range(len(mine)):
            mine[k] = 0
        start, end = strip * step, min((strip + 1) * step, len(row))
        while start < end:
            label, stop = row[start], run_end(row, start, end)
            if label >= 0:
                mine[label] += stop - start
            start = stop


@jit
def _fill(
    lo: int, hi: int, labels: Any, step: int, strips: int, ptr: Any, cursor: Any, col: Any
) -> None:
    """Write the pixels of each strip, from where ``cursor`` says that each region goes on."""
    for unit in range(lo, hi):
        b, strip = unit // strips, unit % strips
        row, mine = labels[b], cursor[strip, ptr[b] : ptr[b + 1]]
        first = b * len(row)
        start, end = strip * step, min((strip + 1) * step, len(row))
        while start < end:
            label, stop = row[start], run_end(row, start, end)
            if label >= 0:
                at = mine[label] - start
                for p in range(start, stop):
                    col[at + p] = first + p
                mine[label] = at + stop
            start = stop


def region_pixels(regions: Any) -> Csr:
    """See :attr:`graphvision.kernels.regions.Regions.csr`."""
    labels = regions.labels.contiguous().flatten(1).numpy()
    images, pixels = labels.shape
    ptr = regions.ptr.numpy()
    small = np.int32 if labels.size < 2**31 else np.int64
    strips = max(1, pixels // _STRIP)
    step = -(-pixels // strips)
    grain = max(1, _GRAIN // max(1, step))
    count = np.empty((strips, regions.num_regions), small)
    for_rows(_count, images * strips, labels, step, strips, ptr, count, grain=grain)
    rowptr = np.zeros(regions.num_regions + 1, small)
    np.cumsum(count.sum(0, dtype=small), out=rowptr[1:])
    cursor = np.cumsum(count, axis=0, dtype=small) - count + rowptr[:-1]
    col = np.empty(rowptr[-1], small)
    for_rows(_fill, images * strips, labels, step, strips, ptr, cursor, col, grain=grain)
    return Csr(torch.from_numpy(rowptr), torch.from_numpy(col), labels.size)
