"""Borders on the CPU: every region looks around its own pixels, so rows come out sorted and alone.

Numbers are summed once per pair, by the region with the lower number, then copied to the other
direction: both have the same bits, for any number of threads.
"""

from typing import Any

import numba as nb
import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._pool import for_rows
from graphvision.kernels.borders._borders import Borders
from graphvision.kernels.regions import Regions

_JIT: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "boundscheck": False,
    "fastmath": {"contract", "reassoc", "nsz"},
}
_GRAIN = 1 << 13  # pixels that are worth a thread


@nb.njit(**_JIT)
def _look_rows(
    lo: int, hi: int, labels: Any, w: int, most: int, rowptr: Any, col: Any, batch: Any, ptr: Any,
    degree: Any, found: Any, pairs: Any, counts: Any,
) -> None:  # fmt: skip
    """Neighbours of each region, and its pixel pairs with regions of a higher number."""
    pixels = labels.shape[1]
    mark = np.full(most, -1, np.int64)
    for i in range(lo, hi):
        b = batch[i]
        row = labels[b]
        here = i - ptr[b]
        base = b * pixels
        at = 4 * np.int64(rowptr[i])
        known, n_pairs = 0, 0
        first = col[rowptr[i]] - base
        left = first - first % w
        for q in range(rowptr[i], rowptr[i + 1]):
            p = col[q] - base
            while p >= left + w:
                left += w
            for side in range(4):
                if side == 0:
                    inside, t = p > left, p - 1
                elif side == 1:
                    inside, t = p + 1 < left + w, p + 1
                elif side == 2:
                    inside, t = p >= w, p - w
                else:
                    inside, t = p + w < pixels, p + w
                if not inside:
                    continue
                other = row[t]
                if other == here or other < 0:
                    continue
                if mark[other] != i:
                    mark[other] = i
                    found[at + known] = other
                    known += 1
                if other > here:
                    pairs[at + n_pairs, 0] = p
                    pairs[at + n_pairs, 1] = t
                    n_pairs += 1
        degree[i] = known
        counts[i] = n_pairs


@nb.njit(**_JIT)
def _sum_rows(
    lo: int, hi: int, image: Any, slope: Any, labels: Any, most: int, rowptr: Any, batch: Any,
    ptr: Any, edges: Any, found: Any, pairs: Any, counts: Any, index: Any, length: Any, facts: Any,
) -> None:  # fmt: skip
    """Sort each region's neighbours; sum over the pairs with those of a higher number."""
    channels = image.shape[1]
    slot = np.empty(most, np.int64)
    for i in range(lo, hi):
        b = batch[i]
        at = 4 * np.int64(rowptr[i])
        start, stop = edges[i], edges[i + 1]
        sources = found[at : at + stop - start]
        sources.sort()
        for e in range(start, stop):
            other = sources[e - start]
            index[0, e] = ptr[b] + other
            index[1, e] = i
            length[e] = 0
            slot[other] = e
            for c in range(channels + 1):
                facts[e, c] = 0.0
        planes, ys, xs = image[b], slope[b, 0], slope[b, 1]
        row = labels[b]
        for k in range(at, at + counts[i]):
            p, t = pairs[k, 0], pairs[k, 1]
            e = slot[row[t]]
            length[e] += 1
            for c in range(channels):
                facts[e, c] += abs(np.float64(planes[c, p]) - planes[c, t])
            gy, gx = np.float64(ys[p]), np.float64(xs[p])
            ty, tx = np.float64(ys[t]), np.float64(xs[t])
            facts[e, channels] += 0.5 * (np.sqrt(gy * gy + gx * gx) + np.sqrt(ty * ty + tx * tx))


@nb.njit(**_JIT)
def _finish_rows(
    lo: int, hi: int, edges: Any, index: Any, length: Any, facts: Any, step: Any, gradient: Any
) -> None:
    """Means for both directions; the one from a higher number looks its values up."""
    channels = step.shape[1]
    for i in range(lo, hi):
        for e in range(edges[i], edges[i + 1]):
            j = index[0, e]
            k = e
            if j < i:
                k = edges[j] + np.searchsorted(index[0, edges[j] : edges[j + 1]], i)
            n = length[k]
            for c in range(channels):
                step[e, c] = facts[k, c] / n
            gradient[e, 0] = facts[k, channels] / n


@nb.njit(**_JIT)
def _mirror_rows(lo: int, hi: int, edges: Any, index: Any, length: Any) -> None:
    for i in range(lo, hi):
        for e in range(edges[i], edges[i + 1]):
            j = index[0, e]
            if j < i:
                k = edges[j] + np.searchsorted(index[0, edges[j] : edges[j + 1]], i)
                length[e] = length[k]


def borders(image: Tensor, slope: Tensor, regions: Regions) -> Borders:
    """See :func:`graphvision.kernels.borders.borders`."""
    csr, n, channels = regions.csr, regions.num_regions, image.shape[1]
    rowptr, col = csr.rowptr.numpy(), csr.col.numpy()
    batch, ptr = regions.batch.numpy(), regions.ptr.numpy()
    labels = regions.labels.contiguous().flatten(1).numpy()
    most = int(np.diff(ptr).max(initial=0))
    grain = max(1, _GRAIN * n // max(1, len(col)))

    degree, counts = np.empty(n, np.int64), np.empty(n, np.int64)
    found = np.empty(4 * len(col), np.int32)
    pairs = np.empty((4 * len(col), 2), np.int32)
    scratch = (degree, found, pairs, counts)
    for_rows(
        _look_rows, n, labels, regions.size[1], most, rowptr, col, batch, ptr, *scratch, grain=grain
    )
    edges = np.zeros(n + 1, np.int64)
    np.cumsum(degree, out=edges[1:])

    total = int(edges[-1])
    index, length = torch.empty(2, total, dtype=torch.int64), torch.empty(total, dtype=torch.int64)
    step, gradient = image.new_empty(total, channels), image.new_empty(total, 1)
    facts = np.empty((total, channels + 1))
    planes, slopes = (t.detach().contiguous().flatten(2).numpy() for t in (image, slope))
    out = (index.numpy(), length.numpy(), facts)
    for_rows(
        _sum_rows, n, planes, slopes, labels, most, rowptr, batch, ptr, edges, found, pairs, counts,
        *out, grain=grain,
    )  # fmt: skip
    for_rows(_finish_rows, n, edges, *out, step.numpy(), gradient.numpy(), grain=4 * grain)
    for_rows(_mirror_rows, n, edges, *out[:2], grain=8 * grain)
    return Borders(index, length, step, gradient)
