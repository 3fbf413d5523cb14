"""What the layers of torch.nn become."""

from typing import Any

from torch import nn

import graphvision.nn as gvn
from graphvision.convert.painting import Painting
from graphvision.convert.rules import Options, register_rule
from graphvision.nn.nodewise import Nodewise

WINDOWED = (
    "Conv1d", "Conv2d", "Conv3d", "MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d",
)  # fmt: skip
ACTIVATIONS = (
    nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh,
    nn.Identity, nn.LeakyReLU, nn.LogSigmoid, nn.Mish, nn.PReLU, nn.ReLU, nn.ReLU6, nn.RReLU,
    nn.SELU, nn.SiLU, nn.Sigmoid, nn.Softplus, nn.Softshrink, nn.Softsign, nn.Softmax2d, nn.Tanh,
    nn.Tanhshrink, nn.Threshold, nn.Dropout,
)  # fmt: skip
DENSE = (nn.Flatten, nn.Unflatten, nn.Linear, nn.Bilinear, nn.Embedding)


def _windowed(original: Any, options: Options) -> Any:
    return getattr(gvn, type(original).__name__).from_torch(original, **options.keywords)


for _name in WINDOWED:
    register_rule(getattr(nn, _name))(_windowed)


@register_rule(*ACTIVATIONS)
def _activation(original: nn.Module, options: Options) -> Nodewise:
    return Nodewise(original, broadcast=False)


@register_rule(*DENSE, leaves_raster=True)
def _dense(original: nn.Module, options: Options) -> Painting:
    return Painting(original)
