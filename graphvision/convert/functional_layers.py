"""The layers that functions of torch.nn.functional make of their settings."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.func import functional_call

import graphvision.nn as gvn
from graphvision.convert.functional import Given, Make
from graphvision.convert.painting import Painting
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window

_PADS = {
    "constant": "ConstantPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad",
    "circular": "CircularPad",
}  # fmt: skip


def named(layer: str) -> Make:
    """The layer of this name, whose arguments have the function's names."""

    def make(given: Given, **settings: Any) -> Any:
        return getattr(gvn, layer)(**settings)

    return make


def with_mode(layer: str, default: bool) -> Make:
    """The layer of this name, in training or evaluation as the function's argument says."""

    def make(given: Given, training: bool = default, **settings: Any) -> Any:
        return getattr(gvn, layer)(**settings).train(training)

    return make


def convolution(
    given: Given, *, transposed: bool = False, groups: int = 1, lower: bool, backend: str,
    **settings: Any,
) -> gvn.Convolution:  # fmt: skip
    """Takes ``weight`` and ``bias``."""
    kind: Any = TransposedWindow if transposed else Window
    kernel = dict(given.shapes)["weight"][2:]
    window = kind.make(kernel, dims=len(kernel), **settings)
    return gvn.Convolution(window, groups, lower=lower, backend=backend)


def padding(
    given: Given, pad: Any, mode: str = "constant", value: Any = None, **options: Any
) -> Callable[..., Any]:
    """Of the raster a padding layer; other axes are padded on painted images."""
    sides = tuple(int(n) for n in pad)
    axes = given.dims
    if not 1 <= axes <= 3 or any(sides[2 * axes :]):
        return Painting(partial(F.pad, pad=sides, mode=mode, value=value))
    sides = (sides + (0,) * (2 * axes))[: 2 * axes]
    if not any(sides):
        return _as_it_is
    settings = (sides, 0.0 if value is None else value) if mode == "constant" else (sides,)
    made: nn.Module = getattr(gvn, f"{_PADS[mode]}{axes}d")(*settings, **options)
    return made


def batch_norm(
    given: Given, training: bool = False, momentum: float = 0.1, eps: float = 1e-5, **options: Any
) -> "WithTensors":
    """Takes ``running_mean``, ``running_var``, ``weight`` and ``bias``."""
    return _running_norm("BatchNorm", given, training, momentum=momentum, eps=eps, **options)


def instance_norm(
    given: Given, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
    **options: Any,
) -> "WithTensors":  # fmt: skip
    """Takes what :func:`batch_norm` takes."""
    return _running_norm(
        "InstanceNorm", given, use_input_stats, momentum=momentum, eps=eps, **options
    )


def group_norm(given: Given, num_groups: int, eps: float = 1e-5, **options: Any) -> "WithTensors":
    """Takes ``weight`` and ``bias``."""
    return WithTensors(gvn.GroupNorm(num_groups, given.channels, eps, affine=False, **options))


def layer_norm(
    given: Given, normalized_shape: Any, eps: float = 1e-5, **options: Any
) -> "WithTensors":
    """Takes ``weight`` and ``bias``."""
    settings = {"normalized_shape": normalized_shape, "eps": eps, "elementwise_affine": False}
    return WithTensors(named("LayerNorm")(given, **settings, **options))


def _running_norm(kind: str, given: Given, reads_input: bool, **settings: Any) -> "WithTensors":
    tracks = "running_mean" in dict(given.shapes)
    if not (reads_input or tracks):
        raise ValueError(
            "`running_mean` must be a tensor where the statistics are not those of the input, "
            "got None"
        )
    layer = getattr(gvn, f"{kind}{max(1, given.dims)}d")(
        given.channels, affine=False, track_running_stats=False, **settings
    )
    layer.track_running_stats = tracks
    return WithTensors(layer.train(reads_input))


class WithTensors:
    """A layer without parameters of its own, which come with every call."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def __call__(self, input: Any, **tensors: Tensor) -> Any:
        """Apply the layer with ``tensors`` in the place of its parameters and buffers."""
        return functional_call(self.layer, tensors, (input,))


def _as_it_is(input: Any) -> Any:
    return input
