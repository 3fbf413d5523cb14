"""Counting sort of pixels by region on the CPU: two passes over runs of equal labels."""

from typing import Any

import numpy as np
import torch

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather import Csr

_GRAIN = 1 << 16  # pixels that are worth a thread


@jit
def _count(lo: int, hi: int, labels: Any, ptr: Any, count: Any) -> None:
    pixels = labels.shape[1]
    for b in range(lo, hi):
        count[ptr[b] : ptr[b + 1]] = 0
        row = labels[b]
        start = 0
        while start < pixels:
            label = row[start]
            stop = start + 1
            while stop < pixels and row[stop] == label:
                stop += 1
            if label >= 0:
                count[ptr[b] + label] += stop - start
            start = stop


@jit
def _fill(lo: int, hi: int, labels: Any, ptr: Any, cursor: Any, col: Any) -> None:
    pixels = labels.shape[1]
    for b in range(lo, hi):
        row = labels[b]
        first = b * pixels
        start = 0
        while start < pixels:
            label = row[start]
            stop = start + 1
            while stop < pixels and row[stop] == label:
                stop += 1
            if label >= 0:
                at = cursor[ptr[b] + label] - start
                for p in range(start, stop):
                    col[at + p] = first + p
                cursor[ptr[b] + label] = at + stop
            start = stop


def region_pixels(regions: Any) -> Csr:
    """See :attr:`graphvision.kernels.regions.Regions.csr`."""
    labels = regions.labels.contiguous().flatten(1).numpy()
    ptr = regions.ptr.numpy()
    small = np.int32 if labels.size < 2**31 else np.int64
    grain = max(1, _GRAIN // max(1, labels.shape[1]))
    count = np.empty(regions.num_regions, small)
    for_rows(_count, len(labels), labels, ptr, count, grain=grain)
    rowptr = np.zeros(len(count) + 1, small)
    np.cumsum(count, out=rowptr[1:])
    col = np.empty(rowptr[-1], small)
    for_rows(_fill, len(labels), labels, ptr, rowptr[:-1].copy(), col, grain=grain)
    return Csr(torch.from_numpy(rowptr), torch.from_numpy(col), labels.size)
