"""The gradient of a picture's intensity, blind to ignored pixels."""

import torch
from torch import Tensor


def image_slope(image: Tensor, labels: Tensor) -> Tensor:
    """Central differences of the channel mean, per pixel step, ``[b, d, *size]``.

    Outside the image and at ignored pixels there is no value: the difference is then one-sided, and
    0 where neither neighbour counts. Without ignored pixels it is ``numpy.gradient``.
    """
    intensity = image.mean(1)
    valid = labels >= 0
    return torch.stack([_along(intensity, valid, axis) for axis in range(1, labels.ndim)], 1)


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
