"""What the layers of torch.nn become."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import nn

import graphvision.nn as gvn
from graphvision.convert.channels import Channels
from graphvision.convert.painting import Painting
from graphvision.convert.rules import Options, register_rule
from graphvision.nn.nodewise import Nodewise

SAME_NAME = [
    name for name in gvn.__all__ if hasattr(nn, name) and hasattr(getattr(gvn, name), "from_torch")
]
NODEWISE = (
    nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh,
    nn.Identity, nn.LeakyReLU, nn.LogSigmoid, nn.Mish, nn.PReLU, nn.ReLU, nn.ReLU6, nn.RReLU,
    nn.SELU, nn.SiLU, nn.Sigmoid, nn.Softplus, nn.Softshrink, nn.Softsign, nn.Softmax2d, nn.Tanh,
    nn.Tanhshrink, nn.Threshold,
)  # fmt: skip
ALONG_AN_AXIS: dict[type[nn.Module], Callable[..., Any]] = {
    nn.Softmax: F.softmax, nn.LogSoftmax: F.log_softmax, nn.Softmin: F.softmin,
}  # fmt: skip
DENSE = (nn.Flatten, nn.Unflatten, nn.Linear, nn.Bilinear, nn.Embedding)


@register_rule(*(getattr(nn, name) for name in SAME_NAME))
def _same_name(original: Any, options: Options) -> Any:
    return getattr(gvn, type(original).__name__).from_torch(original, **options.keywords)


@register_rule(nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d)
def _upsampling(original: Any, options: Options) -> gvn.Upsample:
    return gvn.Upsample.from_torch(original, **options.keywords)


@register_rule(*NODEWISE)
def _nodewise(original: nn.Module, options: Options) -> Nodewise:
    return Nodewise(original, broadcast=False)


@register_rule(*ALONG_AN_AXIS)
def _along_an_axis(original: Any, options: Options) -> Callable[..., Any]:
    return partial(Channels(ALONG_AN_AXIS[type(original)]), dim=original.dim)


@register_rule(*DENSE, leaves_raster=True)
def _dense(original: nn.Module, options: Options) -> Painting:
    return Painting(original)
