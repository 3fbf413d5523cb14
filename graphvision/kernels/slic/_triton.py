"""SLIC with its k-means on the GPU; pieces are joined on the CPU, which needs the picture too.

Every pixel looks at the nine cells around its own; then one program for every cluster and number of
its centre sums over the cells around that cluster. Colours are cut to a grid on which float64 sums
are exact, so there is nothing that depends on an order.
"""

from itertools import pairwise

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv, launch_unfused
from graphvision.kernels.slic import _numba
from graphvision.kernels.slic._reference import features
from graphvision.kernels.slic._seeds import Seeds, seed

_BLOCK = 256  # pixels of a program


@triton.jit(do_not_specialize=["high", "wide", "bands", "n"])
def _assign(
    colours: tl.tensor, weights: tl.tensor, band: tl.tensor, start: tl.tensor, column: tl.tensor,
    centres: tl.tensor, labels: tl.tensor, high: tl.tensor, wide: tl.tensor, bands: tl.tensor,
    n: tl.tensor, C: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """The nearest of nine centres for every pixel, the lowest number on a tie."""
    i, area = tl.program_id(1).to(tl.int64), high * wide
    p = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    old = tl.load(labels + i * area + p, p < area, -1)
    y, x, used = p // wide, p % wide, old >= 0
    weight, own = tl.load(weights + i), tl.load(band + i * high + y, used, 0)
    best = tl.full((BLOCK,), float("inf"), weight.dtype)
    nearest = old
    for shift in tl.static_range(9):
        r = own + shift // 3 - 1
        here = used & (r >= 0) & (r < bands)
        at = start + i * (bands + 1) + r
        first = tl.load(at, here, 0)
        cells = tl.load(at + 1, here, 0) - first
        here &= cells > 0
        j = tl.load(column + (i * bands + r) * wide + x, here, 0) + (shift % 3 - 1)
        k = first + tl.minimum(tl.maximum(j, 0), cells - 1)
        centre = centres + (i * n + k) * (C + 2)
        dy = (y.to(weight.dtype) - tl.load(centre, here, 0.0)) * weight
        dx = (x.to(weight.dtype) - tl.load(centre + 1, here, 0.0)) * weight
        distance = dy * dy + dx * dx
        for c in tl.static_range(C):
            colour = tl.load(colours + (i * C + c) * area + p, here, 0.0)
            step = colour - tl.load(centre + 2 + c, here, 0.0)
            distance += step * step
        closer = here & (distance < best)
        best = tl.where(closer, distance, best)
        nearest = tl.where(closer, k, nearest)
    tl.store(labels + i * area + p, nearest, p < area)


@triton.jit(do_not_specialize=["high", "wide", "n"])
def _update(
    colours: tl.tensor, labels: tl.tensor, window: tl.tensor, centres: tl.tensor, high: tl.tensor,
    wide: tl.tensor, n: tl.tensor, C: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    """One number of the centre of one cluster: y, x or a colour; unchanged without pixels."""
    d, area = tl.program_id(1), high * wide
    cluster = tl.program_id(0).to(tl.int64)
    i, k = cluster // n, cluster % n
    top, bottom = tl.load(window + 4 * cluster), tl.load(window + 4 * cluster + 1)
    left, right = tl.load(window + 4 * cluster + 2), tl.load(window + 4 * cluster + 3)
    across = right - left
    total = tl.zeros((BLOCK,), tl.float64)
    count = tl.zeros((BLOCK,), tl.int32)
    for begin in range(0, (bottom - top) * across, BLOCK):
        at = begin + tl.arange(0, BLOCK)
        y, x = top + at // across, left + at % across
        p = y * wide + x
        mine = (y < bottom) & (tl.load(labels + i * area + p, y < bottom, -1) == k)
        count += mine.to(tl.int32)
        if d == 0:
            total += tl.where(mine, y, 0).to(tl.float64)
        elif d == 1:
            total += tl.where(mine, x, 0).to(tl.float64)
        else:
            total += tl.load(colours + (i * C + d - 2) * area + p, mine, 0.0).to(tl.float64)
    pixels = tl.sum(count, 0)
    if pixels > 0:
        tl.store(centres + cluster * (C + 2) + d, tl.sum(total, 0) / pixels.to(tl.float64))


def _windows(seeds: Seeds) -> Tensor:
    """First and last row and column, the last ones excluded, that can belong to every cluster."""
    bands, found = len(seeds.column), []
    for r, (low, high) in enumerate(pairwise(seeds.start)):
        j = torch.arange(high - low)
        left = torch.searchsorted(seeds.column[r], j - 1)
        right = torch.searchsorted(seeds.column[r], j + 1, right=True)
        rows = [seeds.rows[max(0, r - 1)], seeds.rows[min(bands, r + 2)]]
        found.append(
            torch.cat([torch.tensor(rows).expand(len(j), 2), left[:, None], right[:, None]], 1)
        )
    return torch.cat(found)


def _layout(masks: Tensor, n: int) -> list[Tensor]:
    """First labels, bands of rows, first cells of bands, cells by column, and windows."""
    seeds = [seed(mask, n) for mask in masks]
    most, (high, wide) = max(len(s.column) for s in seeds), masks.shape[1:]
    band = torch.empty(len(seeds), high, dtype=torch.int32)
    start = torch.full((len(seeds), most + 1), n, dtype=torch.int32)
    column = torch.zeros(len(seeds), most, wide, dtype=torch.int32)
    for i, s in enumerate(seeds):
        band[i] = torch.arange(len(s.column)).repeat_interleave(torch.tensor(s.rows).diff())
        start[i, : len(s.start)] = torch.tensor(s.start)
        column[i, : len(s.column)] = torch.stack(s.column)
    labels = torch.stack([s.labels for s in seeds]).int()
    return [labels, band, start, column, torch.stack([_windows(s) for s in seeds]).int()]


def clusters(colours: Tensor, masks: Tensor, weights: Tensor, n: int, rounds: int) -> Tensor:
    """Labels of all images before connection, ``[b, h, w]`` int32.

    Args:
        colours: ``[b, c, h, w]`` of :func:`graphvision.kernels.slic._reference.features`.
        masks: on the CPU, ``[b, h, w]``, or ``[1, h, w]`` where all images use the same pixels.
        weights: of place against colour, one for every image.
        n: clusters of an image.
        rounds: of k-means.
    """
    b, channels, high, wide = colours.shape
    labels, band, start, column, window = (
        t.to(colours.device).expand(b, *t.shape[1:]).contiguous() for t in _layout(masks, n)
    )
    centres = colours.new_zeros(b, n, channels + 2)
    for _ in range(rounds):
        launch_unfused(
            _update, (b * n, channels + 2), colours, labels, window, centres, high, wide, n,
            C=channels, BLOCK=_BLOCK,
        )  # fmt: skip
        launch_unfused(
            _assign, (cdiv(high * wide, _BLOCK), b), colours, weights, band, start, column, centres,
            labels, high, wide, column.shape[1], n, C=channels, BLOCK=_BLOCK,
        )  # fmt: skip
    return labels


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
    """Labels ``[b, h, w]`` and the number of regions of every image, ``[b]``, on the CPU."""
    used = torch.ones(1, *image.shape[2:], dtype=torch.bool) if mask is None else mask.cpu()
    colours = features(image, used.to(image.device), low, high, lab=lab)
    pixels = used.flatten(1).sum(1).double()
    weights = (compactness / (pixels / n_segments).sqrt()).to(image).expand(len(image))
    raw = clusters(colours, used, weights, n_segments, max_iter)
    return _numba.slic(
        image.cpu(), mask if mask is None else used, low=low.cpu(), high=high.cpu(),
        n_segments=n_segments, compactness=compactness, max_iter=max_iter,
        min_size_factor=min_size_factor, exact=exact, lab=lab, raw=raw.cpu(),
    )  # fmt: skip
