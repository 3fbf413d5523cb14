"""The gradient of a picture's intensity, blind to ignored pixels, in plain torch."""

import torch
from torch import Tensor

from graphvision.kernels.regions._regions import Regions


def image_slope(image: Tensor, regions: Regions) -> Tensor:
    """See :func:`graphvision.kernels.regions.image_slope`."""
    intensity = image.mean(1)
    valid = regions.labels >= 0
    return torch.stack([_along(intensity, valid, axis) for axis in range(1, valid.ndim)], 1)


def _along(value: Tensor, valid: Tensor, axis: int) -> Tensor:
    size = value.shape[axis]
    here, there = value.narrow(axis, 0, size - 1), value.narrow(axis, 1, size - 1)
    both = valid.narrow(axis, 0, size - 1) & valid.narrow(axis, 1, size - 1)
    step = torch.where(both, there - here, 0.0)
    edge = value.new_zeros(value.select(axis, 0).unsqueeze(axis).shape)
    steps = both.to(value.dtype)
    total = torch.cat([step, edge], axis) + torch.cat([edge, step], axis)
    count = torch.cat([steps, edge], axis) + torch.cat([edge, steps], axis)
    return total / count.clamp(min=1)
