"""Pixel values in plain torch."""

import torch
from torch import Tensor

SCALE = {torch.uint8: 255.0, torch.uint16: 65535.0, torch.bool: 1.0}


def unit_pixels(image: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.pixels.unit_pixels`."""
    return (image.to(torch.float32) / SCALE[image.dtype]).contiguous()


def value_range(image: Tensor) -> tuple[Tensor, Tensor]:
    """See :func:`graphvision.kernels.pixels.value_range`."""
    low, high = image.flatten(1).aminmax(dim=1)
    return low, high
