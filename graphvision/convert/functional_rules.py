"""What the functions of torch.nn.functional become that read an image through a window."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

import graphvision.nn as gvn
from graphvision.convert.functional import OfLayer
from graphvision.convert.rules import Options, register_rule

_MAX = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
SETTINGS: dict[str, tuple[str, ...]] = {
    "max_pool1d": _MAX,
    "max_pool2d": _MAX,
    "avg_pool1d": _AVG[:-1],
    "avg_pool2d": _AVG,
}
_LAYERS = {
    "max_pool1d": "MaxPool1d",
    "max_pool2d": "MaxPool2d",
    "avg_pool1d": "AvgPool1d",
    "avg_pool2d": "AvgPool2d",
}


def _register(name: str) -> None:
    layer, settings = getattr(gvn, _LAYERS[name]), SETTINGS[name]
    kinds = [getattr(module, name) for module in (F, torch) if hasattr(module, name)]

    @register_rule(*kinds)
    def _of_layer(original: Callable[..., Any], options: Options) -> OfLayer:
        return OfLayer(original, layer, settings, options=options)


for _name in SETTINGS:
    _register(_name)
