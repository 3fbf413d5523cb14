"""Stencils in plain torch: the meaning of the ops, one shifted image per tap."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import pad


def shifted(x: Tensor, taps: tuple[int, int], dilation: int) -> Iterator[Tensor]:
    """What every pixel of ``[b, h, w, c]`` reads at each tap of a centred window; 0 outside."""
    high, wide = x.shape[1:3]
    up, left = (dilation * (size // 2) for size in taps)
    around = pad(x, (0, 0, left, left, up, up))
    for row in range(taps[0]):
        for column in range(taps[1]):
            y, z = row * dilation, column * dilation
            yield around[:, y : y + high, z : z + wide]


def depthwise_stencil(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """See :func:`graphvision.kernels.stencil.depthwise_stencil`."""
    taps = (weight.shape[0], weight.shape[1])
    out = torch.zeros_like(x)
    for tap, view in zip(weight.flatten(0, 1), shifted(x, taps, dilation), strict=True):
        out = out + tap * view
    return out


def bilateral_stencil(
    x: Tensor, guide: Tensor, weight: Tensor, sigma: float, dilation: int
) -> Tensor:
    """See :func:`graphvision.kernels.stencil.bilateral_stencil`."""
    taps = (weight.shape[0], weight.shape[1])
    inside = torch.ones_like(guide[..., :1])
    total, out = torch.zeros_like(inside), torch.zeros_like(x)
    images = (shifted(image, taps, dilation) for image in (x, guide, inside))
    for tap, values, other, here in zip(weight.flatten(), *images, strict=True):
        apart = (guide - other).square().sum(-1, keepdim=True)
        factor = tap * torch.exp(apart / (-2 * sigma * sigma)) * here
        total, out = total + factor, out + factor * values
    none = total == 0
    return (out / total.masked_fill(none, 1.0)).masked_fill(none, 0.0)
