"""Borders by sorting all pairs of neighbouring pixels, in plain torch."""

import torch
from torch import Tensor

from graphvision.kernels.borders._borders import Borders
from graphvision.kernels.regions import Regions


def borders(regions: Regions, image: Tensor, slope: Tensor) -> Borders:
    """See :func:`graphvision.kernels.borders.borders`."""
    p, q = _pairs(regions)
    labels = regions.global_labels
    n = max(1, regions.num_regions)
    key = torch.cat([labels[q] * n + labels[p], labels[p] * n + labels[q]])
    edges, slot = torch.unique(key, return_inverse=True)
    length = torch.bincount(slot, minlength=len(edges))
    edge_index = torch.stack([edges % n, edges // n])

    values = image.flatten(2).movedim(1, 2).flatten(0, 1)
    facts = (values[p] - values[q]).abs()
    if slope.shape[1]:
        magnitude = _magnitude(slope)
        facts = torch.cat([facts, (magnitude[p] + magnitude[q]).unsqueeze(1) / 2], 1)
    total = facts.new_zeros(len(edges), facts.shape[1]).index_add(0, slot, facts.repeat(2, 1))
    mean = total / length.clamp(min=1).to(facts.dtype).unsqueeze(1)
    return Borders(
        edge_index, length, *mean.split([image.shape[1], mean.shape[1] - image.shape[1]], 1)
    )


def _pairs(regions: Regions) -> tuple[Tensor, Tensor]:
    labels = regions.labels
    place = torch.arange(labels.numel(), device=labels.device).view(labels.shape)
    first, second = [], []
    for axis in range(1, labels.ndim):
        size = labels.shape[axis]
        a, b = labels.narrow(axis, 0, size - 1), labels.narrow(axis, 1, size - 1)
        touch = (a != b) & (a >= 0) & (b >= 0)
        first.append(place.narrow(axis, 0, size - 1)[touch])
        second.append(place.narrow(axis, 1, size - 1)[touch])
    return torch.cat(first), torch.cat(second)


def _magnitude(slope: Tensor) -> Tensor:
    squared = (slope * slope).sum(1).flatten()
    flat = squared <= 0
    return squared.masked_fill(flat, 1.0).sqrt().masked_fill(flat, 0.0)
