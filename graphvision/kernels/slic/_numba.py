"""SLIC on the CPU: one image per thread in a batch, bands of cells over threads in one image."""

import math
import threading
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows, num_threads
from graphvision.kernels.color._numba import lab_row
from graphvision.kernels.components._numba_runs import (
    empty_runs,
    find_runs,
    link_seams,
    link_strips,
    paint,
    plan_strips,
)
from graphvision.kernels.slic._numba_cluster import assign, start_sums, update
from graphvision.kernels.slic._numba_regions import merge, parts_of, survey
from graphvision.kernels.slic._numba_seeds import seed
from graphvision.kernels.slic._numba_split import split_to
from graphvision.kernels.slic._reference import GRID

LARGE = 128 * 128  # pixels from which one image is worth several threads
GRAIN = 1000  # pixels that are worth a thread in a batch
KEEP = 1 << 20  # values of an image up to which a thread keeps its working memory


@jit
def scratch_for(size: Any, kind: Any) -> Any:
    """Working memory for one image, what is written before it is read.

    Colours in blocks, labels; first rows and first cells of the bands, first columns of the cells;
    whether a band moved; centres, partial sums; coordinates times weight.
    """
    height, width, channels, n = size
    blocks = (width + 31) // 32
    return (
        np.empty(height * blocks * channels * 32, dtype=kind.dtype),
        np.zeros(height * blocks * 32, dtype=kind.dtype),
        np.empty(height + 2, dtype=np.int64),
        np.empty(height + 2, dtype=np.int64),
        np.empty(n + height + 2, dtype=np.int64),
        np.empty(height + 1, dtype=np.uint8),
        np.empty((n, channels + 3), dtype=kind.dtype),
        np.empty((3 * n, channels + 3), dtype=np.float64),
        np.empty(max(height, width, 2), dtype=kind.dtype),
    )


@jit
def _store(y: Any, line: Any, feat: Any) -> None:
    """Write row ``y`` of colours ``[c, blocks · 32]`` as blocks, on a grid of ``1 / GRID``.

    On that grid float64 sums of colours are exact.
    """
    kind = feat.dtype.type
    channels, padded = line.shape
    at = y * padded * channels
    for block in range(padded // 32):
        for c in range(channels):
            source = line[c, block * 32 : block * 32 + 32]
            target = feat[at : at + 32]
            for x in range(32):
                target[x] = kind(np.int32(source[x] * kind(GRID))) * kind(1 / GRID)
            at += 32


@jit
def prepare(
    first: Any, stop: Any, image: Any, valid: Any, low: Any, high: Any, lab: Any, work: Any
) -> None:
    """Colours in blocks, for rows ``first…stop`` of ``[c, h, w]``."""
    channels, _, width = image.shape
    kind = image.dtype.type
    padded = (width + 31) // 32 * 32
    unit, line = (
        np.empty((channels, width), dtype=image.dtype),
        np.zeros((channels, padded), dtype=image.dtype),
    )
    found, scratch = np.empty_like(unit), np.empty((3, width), dtype=image.dtype)
    span = high - low if high > low else kind(1.0)
    for y in range(first, stop):
        for c in range(channels):
            for x in range(width):
                unit[c, x] = (image[c, y, x] - low) / span
            for x in range(width if valid.size > 0 else 0):
                unit[c, x] = unit[c, x] if valid[y, x] else kind(0.0)
        if lab:
            lab_row(unit, found, scratch)
        for c in range(channels):
            source = found[c] if lab else unit[c]
            factor = kind(1.0) if lab else kind(100.0)
            less = kind(0.0) if lab and c > 0 else kind(50.0)
            for x in range(width):
                line[c, x] = source[x] * factor - less
            for x in range(width if valid.size > 0 else 0):
                line[c, x] = line[c, x] if valid[y, x] else kind(0.0)
        _store(y, line, work[0])


@jit
def begin(size: Any, valid: Any, compactness: Any, work: Any) -> Any:
    """Place the cells; return the number of bands and the mean region size."""
    bands, pixels = seed(size, valid, work)
    centres, axis = work[6], work[8]
    weight = compactness / math.sqrt(pixels / size[3])
    for i in range(axis.size):
        axis[i] = weight * i
    centres[:] = np.nan
    return bands, pixels / size[3]


@jit
def layout(size: Any) -> Any:
    """How labels lie in memory; see ``find_runs``."""
    return size[1], (size[1] + 31) // 32 * 32, size[3]


@jit
def fill_up(exact: Any, found: Any, n: Any, out: Any) -> Any:
    """Cut regions for ``exact``; return how many there are."""
    if exact and found < n:
        split_to(out, found, n)
        return n
    return found


@jit
def images(
    first: Any, stop: Any, image: Any, valid: Any, ranges: Any, options: Any,
    size: Any, work: Any, runs: Any, out: Any, counts: Any,
) -> None:  # fmt: skip
    """Images ``first…stop`` of a batch, each from pixels to regions."""
    compactness, rounds, factor, exact, lab = options
    height, width = size[:2]
    for i in range(first, stop):
        inside = valid[i if valid.size > 0 else 0]
        prepare(0, height, image[i], inside, ranges[0, i], ranges[1, i], lab, work)
        bands, mean_size = begin(size, inside, compactness, work)
        start_sums(0, bands, bands, size, work)
        for _ in range(rounds):
            update(bands, work)
            assign(0, bands, bands, size, inside, work)
        find_runs(0, height, layout(size), work[1], runs)
        cuts, pairs = plan_strips(1, width, runs)
        link_strips(0, 1, cuts, width, runs, pairs)
        smallest = math.floor(factor * mean_size)
        parts = parts_of(smallest, exact, size, cuts, runs)
        survey(0, 2, bands, size, cuts, pairs, runs, work, parts)
        number, found = merge(smallest, exact, size[3], parts)
        paint(0, height, runs, number, out[i])
        counts[i] = fill_up(exact, found, size[3], out[i])


class _Memory(threading.local):
    """A thread's working memory of the last size, because fresh pages cost more than the work."""

    key: tuple[Any, ...] = ()
    work: Any = None

    def of(self, size: tuple[int, int, int, int], kind: Any) -> Any:
        if self.key != (size, kind.dtype):
            self.work = scratch_for(size, kind), empty_runs(size[0], size[1])
            self.key = (size, kind.dtype)
        work = self.work
        if size[0] * size[1] * size[2] > KEEP:
            self.work, self.key = None, ()
        return work


_memory = _Memory()


def _images(first: int, stop: int, *arguments: Any) -> None:
    image, valid, ranges, options, size, out, counts = arguments
    work, runs = _memory.of(size, ranges)
    images(first, stop, image, valid, ranges, options, size, work, runs, out, counts)


def _one_image(image: Any, valid: Any, extent: Any, options: Any, out: Any, raw: Any = None) -> int:
    """One image with its rows and bands shared out between threads; the same bits as `images`.

    With ``raw``, the labels of k-means done elsewhere, only what comes after that.
    """
    compactness, rounds, factor, exact, lab, size = options
    height, width = size[:2]
    work, runs = _memory.of(size, extent)
    for_rows(prepare, height, image, valid, extent[0], extent[1], lab, work, grain=32)
    bands, mean_size = begin(size, valid, compactness, work)
    if raw is not None:
        work[1].reshape(height, -1)[:, :width] = np.where(raw < 0, size[3], raw)
    for_rows(start_sums, bands, bands, size, work)
    for _ in range(rounds if raw is None else 0):
        update(bands, work)
        for_rows(assign, bands, bands, size, valid, work)
    for_rows(find_runs, height, layout(size), work[1], runs, grain=64)
    cuts, pairs = plan_strips(min(height, num_threads()), width, runs)
    for_rows(link_strips, cuts.shape[1] - 1, cuts, width, runs, pairs)
    link_seams(cuts, width, runs)
    smallest = math.floor(factor * mean_size)
    parts = parts_of(smallest, exact, size, cuts, runs)
    for_rows(survey, 2, bands, size, cuts, pairs, runs, work, parts)
    number, found = merge(smallest, exact, size[3], parts)
    for_rows(paint, height, runs, number, out, grain=64)
    count: int = fill_up(exact, found, size[3], out)
    return count


def slic(
    image: Tensor,
    mask: Tensor | None,
    *,
    low: Tensor,
    high: Tensor,
    n_segments: int,
    compactness: float,
    max_iter: int,
    min_size_factor: float,
    exact: bool,
    lab: bool,
    raw: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Labels ``[b, h, w]`` and the number of regions of every image, ``[b]``.

    With ``raw``, the labels of k-means done elsewhere, only what comes after that.
    """
    b, channels, height, width = image.shape
    labels = torch.empty(b, height, width, dtype=torch.long)
    counts = torch.empty(b, dtype=torch.long)
    valid = torch.empty(1, 0, 0, dtype=torch.uint8) if mask is None else mask.to(torch.uint8)
    pixels, inside, out = image.numpy(), valid.numpy(), labels.numpy()
    ranges = torch.stack([low, high]).numpy()
    options = (compactness, max_iter, min_size_factor, exact, lab)
    size = (height, width, channels, n_segments)
    if raw is None and (b >= num_threads() or height * width < LARGE):
        for_rows(
            _images, b, pixels, inside, ranges, options, size, out, counts.numpy(),
            grain=max(1, GRAIN // (height * width)),
        )  # fmt: skip
        return labels, counts
    for i in range(b):
        own = inside[i if mask is not None else 0]
        labels_so_far = None if raw is None else raw[i].numpy()
        counts[i] = _one_image(
            pixels[i], own, ranges[:, i], (*options, size), out[i], labels_so_far
        )
    return labels, counts
