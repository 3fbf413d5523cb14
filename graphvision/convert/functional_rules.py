"""What the functions of torch.nn.functional become that are layers."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

import graphvision.nn as gvn
from graphvision.convert import functional_layers as layers
from graphvision.convert.functional import OfLayer, Signature
from graphvision.convert.painting import Painting
from graphvision.convert.rules import Options, register_rule

_MAX = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
_LP = ("norm_type", "kernel_size", "stride", "ceil_mode")
_CONV = ("weight", "bias", "stride", "padding", "dilation", "groups")
_TRANSPOSED = ("weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
_SIZE = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
_SILENT = ("p", "training", "inplace")
_AFFINE = ("weight", "bias")
_RUNNING = ("running_mean", "running_var", *_AFFINE)

# Of one, two and three axes; torch has many of them under two addresses.
BY_DIMS = {
    "adaptive_avg_pool{}d": ("AdaptiveAvgPool{}d", ("output_size",)),
    "adaptive_max_pool{}d": ("AdaptiveMaxPool{}d", ("output_size", "return_indices")),
    "avg_pool{}d": ("AvgPool{}d", _AVG),
    "lp_pool{}d": ("LPPool{}d", _LP),
    "max_pool{}d": ("MaxPool{}d", _MAX),
}
SINGLE = {
    "pixel_shuffle": Signature(layers.named("PixelShuffle"), ("upscale_factor",)),
    "pixel_unshuffle": Signature(layers.named("PixelUnshuffle"), ("downscale_factor",)),
    "channel_shuffle": Signature(layers.named("ChannelShuffle"), ("groups",)),
    "local_response_norm": Signature(
        layers.named("LocalResponseNorm"), ("size", "alpha", "beta", "k")
    ),
    "interpolate": Signature(layers.named("Upsample"), _SIZE),
    "upsample": Signature(layers.named("Upsample"), _SIZE[:4]),
    "pad": Signature(layers.padding, ("pad", "mode", "value")),
    "feature_alpha_dropout": Signature(layers.with_mode("FeatureAlphaDropout", False), _SILENT),
}
NORMS = {
    "batch_norm": Signature(
        layers.batch_norm, (*_RUNNING, "training", "momentum", "eps"), _RUNNING
    ),
    "instance_norm": Signature(
        layers.instance_norm, (*_RUNNING, "use_input_stats", "momentum", "eps"), _RUNNING
    ),
    "group_norm": Signature(layers.group_norm, ("num_groups", *_AFFINE, "eps"), _AFFINE),
    "layer_norm": Signature(layers.layer_norm, ("normalized_shape", *_AFFINE, "eps"), _AFFINE),
}


def _register(signature: Signature, *functions: Any) -> None:
    @register_rule(*functions)
    def _of_layer(original: Callable[..., Any], options: Options) -> OfLayer:
        return OfLayer(original, signature, options)


def _addresses(name: str) -> list[Any]:
    return [getattr(module, name) for module in (F, torch) if hasattr(module, name)]


for _name, _signature in SINGLE.items():
    _register(_signature, *_addresses(_name))
for _name, _signature in NORMS.items():  # those of ``torch`` have other arguments
    _register(_signature, getattr(F, _name))
for _dims in (1, 2, 3):
    _turned = partial(layers.convolution, transposed=True)
    _register(Signature(layers.convolution, _CONV, _AFFINE), *_addresses(f"conv{_dims}d"))
    _register(Signature(_turned, _TRANSPOSED, _AFFINE), *_addresses(f"conv_transpose{_dims}d"))
    _silent = layers.with_mode(f"Dropout{_dims}d", True)
    _register(Signature(_silent, _SILENT), getattr(F, f"dropout{_dims}d"))
    for _name, (_layer, _names) in BY_DIMS.items():
        _register(
            Signature(layers.named(_layer.format(_dims)), _names),
            *_addresses(_name.format(_dims)),
        )


@register_rule(F.scaled_dot_product_attention, leaves_raster=True)
def _attention(original: Callable[..., Any], options: Options) -> Painting:
    """Between the rows of images, as torch does, which nobody means: tokens are no raster."""
    return Painting(partial(gvn.attention, **options.keywords))
