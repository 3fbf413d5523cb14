"""SLIC in plain torch: the meaning that the fast kernel has to reproduce."""

import math

import torch
from torch import Tensor

from graphvision.kernels.color._reference import rgb_to_lab
from graphvision.kernels.slic._regions import connect
from graphvision.kernels.slic._seeds import candidates, seed

GRID = 1 << 15  # steps of a colour, which lies in -128…128


def features(image: Tensor, mask: Tensor, low: Tensor, high: Tensor, *, lab: bool) -> Tensor:
    """Colours as SLIC sees them: ``[b, c, h, w]`` in low…high to CIELAB, or 0…100; 0 if masked.

    A constant is taken off, which changes no distance, to keep float32 sums short, and values are
    cut to multiples of 2⁻¹⁵, whose sums in float64 are exact in any order.
    """
    valid = mask[:, None]
    span = torch.where(high > low, high - low, torch.ones_like(low))
    unit = (image - low.view(-1, 1, 1, 1)) / span.view(-1, 1, 1, 1)
    unit = unit.masked_fill(~valid, 0.0)
    shift = unit.new_full((unit.shape[1], 1, 1), 50.0)
    if lab:
        shift[1:] = 0.0
    colours = ((rgb_to_lab(unit) if lab else unit * 100) - shift).masked_fill(~valid, 0.0)
    return torch.trunc(colours * GRID) / GRID


def cluster(points: Tensor, mask: Tensor, *, n: int, weight: float, max_iter: int) -> Tensor:
    """Local k-means on ``points`` ``[c + 2, h, w]`` = (y, x, colours); labels before connection."""
    seeds = seed(mask, n)
    near = candidates(seeds)
    scale = points.new_ones(len(points), 1, 1)
    scale[:2] = weight
    flat = points[:, mask].T.double()
    labels, centres = seeds.labels, points.new_zeros(n, len(points))
    for _ in range(max_iter):
        count = torch.bincount(labels[mask], minlength=n)
        sums = flat.new_zeros(centres.shape).index_add_(0, labels[mask], flat)
        mean = (sums / count.clamp(min=1)[:, None]).to(centres)
        centres = torch.where(count[:, None] > 0, mean, centres)
        best = torch.full(mask.shape, math.inf, dtype=points.dtype)
        labels = torch.full_like(labels, -1)
        for k in near:
            step = (points - centres[k.clamp(min=0)].permute(2, 0, 1)) * scale
            distance = step.square().sum(0).masked_fill(k < 0, math.inf)
            closer = distance < best
            best, labels = torch.where(closer, distance, best), torch.where(closer, k, labels)
    return labels.masked_fill(~mask, -1)


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
    if mask is None:
        mask = image.new_ones(image.shape[:1] + image.shape[2:], dtype=torch.bool)
    colours = features(image, mask, low, high, lab=lab)
    height, width = mask.shape[1:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    out, counts = [], []
    for colour, valid in zip(colours, mask, strict=True):
        mean_size = int(valid.sum()) / n_segments
        weight = compactness / math.sqrt(mean_size)
        points = torch.cat([torch.stack([y, x]).to(colour), colour])
        raw = cluster(points, valid, n=n_segments, weight=weight, max_iter=max_iter)
        smallest = math.floor(min_size_factor * mean_size)
        labels, count = connect(
            raw, points, weight=weight, smallest=smallest, n=n_segments if exact else None
        )
        out.append(labels)
        counts.append(count)
    return torch.stack(out), torch.tensor(counts)
