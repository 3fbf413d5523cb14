"""Borders on the GPU: pairs of neighbouring pixels listed, sorted by border, and summed in rows.

Pairs are listed in raster order and the sort keeps it, so sums have one order and the same bits in
every run. A border is summed once for both of its directions.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_pixels import plane, rows_of_pixels
from graphvision.kernels._triton_rows import edges_at, row_ends
from graphvision.kernels._triton_tiles import cdiv, launch
from graphvision.kernels.borders._borders import Borders
from graphvision.kernels.regions import Regions

_BLOCK = 512  # pixels of a program


@triton.jit
def _touching(
    labels: tl.tensor, p: tl.tensor, pixels: tl.tensor, high: tl.tensor, wide: tl.tensor
) -> Any:
    """The regions of pixels p, to the right and below, and whether those are others."""
    here = tl.load(labels + p, p < pixels, -1)
    used = here >= 0
    right = tl.load(labels + p + 1, used & (p % wide < wide - 1), -1)
    down = tl.load(labels + p + wide, used & (p // wide % high < high - 1), -1)
    return here, right, down, (right >= 0) & (right != here), (down >= 0) & (down != here)


@triton.jit(do_not_specialize=["high", "wide"])
def _count_pairs(
    labels: tl.tensor, counts: tl.tensor, pixels: tl.tensor, high: tl.tensor, wide: tl.tensor,
    BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    p = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    _, _, _, beside, below = _touching(labels, p, pixels, high, wide)
    count = tl.sum(beside.to(tl.int32) + below.to(tl.int32), 0)
    tl.store(counts + tl.program_id(0), count)


@triton.jit
def _border(a: tl.tensor, b: tl.tensor, n: tl.tensor) -> Any:
    """The number of the border of regions a and b."""
    return tl.minimum(a, b) * n + tl.maximum(a, b)


@triton.jit(do_not_specialize=["high", "wide", "n"])
def _list_pairs(
    labels: tl.tensor, ends: tl.tensor, keys: tl.tensor, pairs: tl.tensor, pixels: tl.tensor,
    high: tl.tensor, wide: tl.tensor, n: tl.tensor, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """Number ``2p`` and ``2p + 1`` for the pairs of p with its right and its lower neighbour."""
    p = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    here, right, down, beside, below = _touching(labels, p, pixels, high, wide)
    count = beside.to(tl.int32) + below.to(tl.int32)
    at = tl.load(ends + tl.program_id(0)) - tl.sum(count, 0) + tl.cumsum(count, 0) - count
    tl.store(keys + at, _border(here, right, n), beside)
    tl.store(pairs + at, 2 * p, beside)
    at += beside.to(tl.int32)
    tl.store(keys + at, _border(here, down, n), below)
    tl.store(pairs + at, 2 * p + 1, below)


@triton.jit
def _magnitude(
    slope: tl.tensor, p: tl.tensor, live: tl.tensor, area: tl.tensor, D: tl.constexpr
) -> Any:
    """The length of the gradient at pixels p."""
    squared = tl.zeros(p.shape, tl.float32)
    for d in tl.static_range(D):
        step = tl.load(plane(slope, p, d, area, D) + p, live, 0.0).to(tl.float32)
        squared += step * step
    return tl.sqrt_rn(squared)


@triton.jit(do_not_specialize=["rows", "area", "wide"])
def _border_rows(
    image: tl.tensor, slope: tl.tensor, rowptr: tl.tensor, pairs: tl.tensor, out: tl.tensor,
    rows: tl.tensor, area: tl.tensor, wide: tl.tensor, C: tl.constexpr, D: tl.constexpr,
    WIDTH: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
) -> None:  # fmt: skip
    """The mean of one fact over the pairs of every border: a channel's step, or the gradient."""
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    total = tl.zeros((M, L), tl.float32)
    for start in range(0, tl.max(last - first), L):
        e, live = edges_at(first, last, start, L)
        pair = tl.load(pairs + e, live, 0)
        p = pair >> 1
        q = p + tl.where(pair & 1 == 1, wide, 1)
        if c < C:
            at = plane(image, p, c, area, C)
            one = tl.load(at + p, live, 0.0).to(tl.float32)
            total += tl.abs(one - tl.load(at + q, live, 0.0).to(tl.float32))
        else:
            both = _magnitude(slope, p, live, area, D) + _magnitude(slope, q, live, area, D)
            total += both / 2
    mean = tl.sum(total, 1) / tl.maximum(last - first, 1).to(tl.float32)
    tl.store(out + i.to(tl.int64) * WIDTH + c, mean, i < rows)


def count_pairs(labels: Tensor, size: tuple[int, ...]) -> Tensor:
    """Pairs of neighbouring pixels with different regions in every block of pixels."""
    pixels = labels.shape[0]
    counts = torch.empty(cdiv(pixels, _BLOCK), dtype=torch.int32, device=labels.device)
    launch(_count_pairs, counts.shape, labels, counts, pixels, *size, BLOCK=_BLOCK)
    return counts


def list_pairs(
    labels: Tensor, size: tuple[int, ...], n: int, ends: Tensor, keys: Tensor, pairs: Tensor
) -> None:
    """Write every pair and its border, ``lesser · n + greater``, in blocks up to ``ends``."""
    pixels = labels.shape[0]
    launch(_list_pairs, ends.shape, labels, ends, keys, pairs, pixels, *size, n, BLOCK=_BLOCK)


def _sorted_pairs(regions: Regions, n: int) -> tuple[Tensor, Tensor]:
    """The border of every pair, ascending, and which pair it is."""
    labels = regions.global_labels
    ends = count_pairs(labels, regions.size).cumsum(0)
    total = int(ends[-1]) if len(ends) else 0
    keys, pairs = (
        torch.empty(total, dtype=_fitting(numbers), device=labels.device)
        for numbers in (n * n, 2 * len(labels))
    )
    list_pairs(labels, regions.size, n, ends, keys, pairs)
    keys, order = keys.sort(stable=True)
    return keys, pairs[order]


def _fitting(numbers: int) -> torch.dtype:
    """The integers that can count so many."""
    return torch.int32 if numbers < 2**31 else torch.int64


def border_means(image: Tensor, slope: Tensor, rowptr: Tensor, pairs: Tensor) -> Tensor:
    """The steps of all channels and, where there is a slope, the gradient, of rows of pairs."""
    channels, axes = image.shape[1], slope.shape[1]
    high, wide = image.shape[2:]
    rows, width = rowptr.shape[0] - 1, channels + (axes > 0)
    out = image.new_empty(rows, width)
    grid, cut = rows_of_pixels(rowptr, pairs, width)
    launch(
        _border_rows, grid, image, slope, rowptr, pairs, out, rows, high * wide, wide, C=channels,
        D=axes, WIDTH=width, M=cut.rows, L=cut.lanes,
    )  # fmt: skip
    return out


def borders(regions: Regions, image: Tensor, slope: Tensor) -> Borders:
    """See :func:`graphvision.kernels.borders.borders`."""
    n = max(1, regions.num_regions)
    keys, pairs = _sorted_pairs(regions, n)
    border, length = torch.unique_consecutive(keys, return_counts=True)
    rowptr = torch.cat([length.new_zeros(1), length.cumsum(0)])
    means = border_means(image, slope, rowptr, pairs)
    low, high = border.long() // n, border.long() % n
    key, order = torch.cat([low * n + high, high * n + low]).sort()
    slot = order % max(1, len(border))
    channels = image.shape[1]
    return Borders(
        torch.stack([key % n, key // n]), length[slot], means[slot, :channels],
        means[slot, channels:],
    )  # fmt: skip
