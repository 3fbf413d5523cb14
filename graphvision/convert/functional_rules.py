"""What the functions of torch.nn.functional become that read an image through a window."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

import graphvision.nn as gvn
from graphvision.convert.functional import OfLayer, OfWeights
from graphvision.convert.normalising import NORMS, OfNorm
from graphvision.convert.resizing import Pad, Resize
from graphvision.convert.rules import Options, register_rule

_MAX = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
SETTINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "adaptive_avg_pool{}d": ("AdaptiveAvgPool{}d", ("output_size",)),
    "adaptive_max_pool{}d": ("AdaptiveMaxPool{}d", ("output_size", "return_indices")),
    "avg_pool{}d": ("AvgPool{}d", _AVG),
    "lp_pool{}d": ("LPPool{}d", ("norm_type", "kernel_size", "stride", "ceil_mode")),
    "max_pool{}d": ("MaxPool{}d", _MAX),
}
SINGLE = {
    "pixel_shuffle": ("PixelShuffle", ("upscale_factor",)),
    "pixel_unshuffle": ("PixelUnshuffle", ("downscale_factor",)),
    "channel_shuffle": ("ChannelShuffle", ("groups",)),
    "local_response_norm": ("LocalResponseNorm", ("size", "alpha", "beta", "k")),
}


def _kinds(name: str) -> list[Any]:
    return [getattr(module, name) for module in (F, torch) if hasattr(module, name)]


def _register(name: str, layer: str, settings: tuple[str, ...]) -> None:
    @register_rule(*_kinds(name))
    def _of_layer(original: Callable[..., Any], options: Options) -> OfLayer:
        return OfLayer(original, getattr(gvn, layer), settings, options=options)


def _register_convolution(dims: int) -> None:
    @register_rule(*_kinds(f"conv{dims}d"))
    def _of_weights(original: Callable[..., Any], options: Options) -> OfWeights:
        return OfWeights(original, dims, options=options)

    @register_rule(*_kinds(f"conv_transpose{dims}d"))
    def _of_transposed(original: Callable[..., Any], options: Options) -> OfWeights:
        return OfWeights(original, dims, transposed=True, options=options)


for _name, (_layer, _settings) in SINGLE.items():
    _register(_name, _layer, _settings)
for _dims in (1, 2, 3):
    _register_convolution(_dims)
    for _name, (_layer, _settings) in SETTINGS.items():
        _register(_name.format(_dims), _layer.format(_dims), _settings)


@register_rule(*(getattr(F, name) for name in NORMS))
def _norm(original: Callable[..., Any], options: Options) -> OfNorm:
    return OfNorm(original, options)


@register_rule(F.interpolate, F.upsample)
def _resize(original: Callable[..., Any], options: Options) -> Resize:
    return Resize(original, options)


@register_rule(F.pad)
def _pad(original: Callable[..., Any], options: Options) -> Pad:
    return Pad(original, options)
