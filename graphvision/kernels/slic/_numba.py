"""SLIC on the CPU: one image per thread in a batch, bands of cells over threads in one image."""

import math
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from graphvision.kernels._pool import for_rows
from graphvision.kernels.color._numba import lab_row
from graphvision.kernels.slic._numba_cluster import assign, gather, update
from graphvision.kernels.slic._numba_regions import connect
from graphvision.kernels.slic._numba_seeds import JIT, seed
from graphvision.kernels.slic._numba_split import split_to

LARGE = 128 * 128  # pixels from which one image is worth several threads
GRAIN = 1000  # pixels that are worth a thread in a batch


@njit(**JIT)
def prepare(
    first: Any,
    stop: Any,
    image: Any,
    valid: Any,
    masked: Any,
    low: Any,
    high: Any,
    lab: Any,
    feat: Any,
    prefix: Any,
) -> None:
    """Colours in blocks and their row prefix sums, for rows ``first…stop`` of ``[c, h, w]``."""
    channels, _, width = image.shape
    blocks = (width + 31) // 32
    dtype = image.dtype
    line, out = np.empty((channels, width), dtype=dtype), np.empty((channels, width), dtype=dtype)
    scratch = np.empty((3, width), dtype=dtype)
    span = high - low if high > low else low - low + dtype.type(1.0)
    for y in range(first, stop):
        for c in range(channels):
            row, unit = image[c, y], line[c]
            for x in range(width):
                unit[x] = (row[x] - low) / span
            if masked:
                for x in range(width):
                    unit[x] = unit[x] if valid[y, x] else dtype.type(0.0)
        if lab:
            lab_row(line, out, scratch)
        shift = dtype.type(50.0)
        for c in range(channels):
            source = out[c] if lab else line[c]
            factor = dtype.type(1.0) if lab else dtype.type(100.0)
            less = shift if c == 0 or not lab else dtype.type(0.0)
            total = dtype.type(0.0)
            base = y * (width + 1) * channels + c
            prefix[base] = total
            for x in range(blocks * 32):
                at = ((y * blocks + x // 32) * channels + c) * 32 + x % 32
                value = dtype.type(0.0)
                if x < width:
                    value = source[x] * factor - less
                    if masked and valid[y, x] == 0:
                        value = dtype.type(0.0)
                    total += value
                    prefix[base + (x + 1) * channels] = total
                feat[at] = value


@njit(**JIT)
def scratch_for(shape: Any, channels: Any, n: Any, kind: Any) -> Any:
    """Working memory for one image: what is written before it is read."""
    height, width = shape
    blocks = (width + 31) // 32
    feat = np.empty(height * blocks * channels * 32, dtype=kind.dtype)
    prefix = np.empty(height * (width + 1) * channels, dtype=kind.dtype)
    labels = np.zeros(height * blocks * 32, dtype=kind.dtype)
    rows = np.empty(height + 2, dtype=np.int64)
    start = np.empty(height + 2, dtype=np.int64)
    edges = np.empty(n + height + 2, dtype=np.int64)
    moved = np.empty(height + 1, dtype=np.uint8)
    centres = np.empty((n, channels + 2), dtype=kind.dtype)
    partial = np.empty((3 * n, channels + 3), dtype=np.float64)
    axis = np.empty(max(height, width, 2), dtype=kind.dtype)
    return feat, prefix, labels, rows, start, edges, moved, centres, partial, axis


@njit(**JIT)
def begin(
    shape: Any,
    valid: Any,
    masked: Any,
    n: Any,
    compactness: Any,
    labels: Any,
    rows: Any,
    start: Any,
    edges: Any,
    centres: Any,
    axis: Any,
) -> Any:
    """Place the cells; return the number of bands and the mean region size."""
    bands = seed(shape, (shape[1] + 31) // 32 * 32, valid, masked, n, rows, start, edges, labels)
    pixels = shape[0] * shape[1]
    if masked:
        pixels = 0
        for y in range(shape[0]):
            for x in range(shape[1]):
                pixels += valid[y, x]
    mean_size = pixels / n
    weight = compactness / math.sqrt(mean_size)
    for i in range(axis.size):
        axis[i] = weight * i
    centres[:] = np.nan
    return bands, mean_size


@njit(**JIT)
def finish(
    labels: Any,
    shape: Any,
    n: Any,
    prefix: Any,
    channels: Any,
    axis: Any,
    smallest: Any,
    exact: Any,
    out: Any,
) -> Any:
    """Connect, merge and, for ``exact``, cut; return the number of regions."""
    stride = (shape[1] + 31) // 32 * 32
    found = connect(
        labels, shape, stride, n, prefix, channels, float(axis[1]), smallest, exact, out
    )
    if exact and found < n:
        split_to(out, found, n)
        return n
    return found


@njit(**JIT)
def images(
    first: Any, stop: Any, image: Any, valid: Any, masked: Any, low: Any, high: Any, n: Any,
    compactness: Any, rounds: Any, factor: Any, exact: Any, lab: Any, out: Any, counts: Any,
) -> None:  # fmt: skip
    """Images ``first…stop`` of a batch, each from pixels to regions."""
    channels, height, width = image.shape[1:]
    shape = (height, width)
    feat, prefix, labels, rows, start, edges, moved, centres, partial, axis = scratch_for(
        shape, channels, n, low
    )
    for i in range(first, stop):
        inside = valid[i] if masked else valid[0]
        prepare(0, height, image[i], inside, masked, low[i], high[i], lab, feat, prefix)
        bands, mean_size = begin(
            shape, inside, masked, n, compactness, labels, rows, start, edges, centres, axis
        )
        gather(0, bands, bands, shape, rows, start, prefix, channels, labels, n, partial)
        for _ in range(rounds):
            update(bands, start, partial, centres, axis, moved)
            assign(
                0, bands, bands, shape, rows, start, edges, feat, prefix, channels,
                labels, n, inside, masked, centres, axis, moved, partial,
            )  # fmt: skip
        smallest = math.floor(factor * mean_size)
        counts[i] = finish(labels, shape, n, prefix, channels, axis, smallest, exact, out[i])


def one_image(
    image: Any,
    valid: Any,
    masked: Any,
    low: Any,
    high: Any,
    n: Any,
    compactness: Any,
    rounds: Any,
    factor: Any,
    exact: Any,
    lab: Any,
    out: Any,
) -> int:
    """One image with its rows and bands shared out between threads; the same bits as `images`."""
    channels, height, width = image.shape
    shape = (height, width)
    feat, prefix, labels, rows, start, edges, moved, centres, partial, axis = scratch_for(
        shape, channels, n, low
    )
    for_rows(prepare, height, image, valid, masked, low[0], high[0], lab, feat, prefix, grain=32)
    bands, mean_size = begin(
        shape, valid, masked, n, compactness, labels, rows, start, edges, centres, axis
    )
    gather(0, bands, bands, shape, rows, start, prefix, channels, labels, n, partial)
    for _ in range(rounds):
        update(bands, start, partial, centres, axis, moved)
        for_rows(
            assign, bands, bands, shape, rows, start, edges, feat, prefix, channels,
            labels, n, valid, masked, centres, axis, moved, partial,
        )  # fmt: skip
    smallest = math.floor(factor * mean_size)
    found: int = finish(labels, shape, n, prefix, channels, axis, smallest, exact, out)
    return found


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
) -> tuple[Tensor, Tensor]:
    """Labels ``[b, h, w]`` and the number of regions of every image, ``[b]``."""
    b, _, height, width = image.shape
    out = torch.empty(b, height, width, dtype=torch.long)
    counts = torch.empty(b, dtype=torch.long)
    masked = mask is not None
    valid = (image.new_zeros(1, 1, 1) if mask is None else mask).to(torch.uint8).numpy()
    common = (n_segments, compactness, max_iter, min_size_factor, exact, lab)
    pixels, lows, highs = image.numpy(), low.numpy(), high.numpy()
    threads = torch.get_num_threads()
    if b >= threads or height * width < LARGE:
        for_rows(
            images, b, pixels, valid, masked, lows, highs, *common, out.numpy(), counts.numpy(),
            grain=max(1, GRAIN // (height * width)),
        )  # fmt: skip
        return out, counts
    for i in range(b):
        counts[i] = one_image(
            pixels[i], valid[i if masked else 0], masked, lows[i : i + 1], highs[i : i + 1],
            *common, out[i].numpy(),
        )  # fmt: skip
    return out, counts
