"""``F.batch_norm`` and its kin: norms whose weights and statistics are arguments."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

import graphvision.nn as gvn
from graphvision.convert.rules import Options
from graphvision.graphs import ImageGraph
from graphvision.nn.norm_layer import NormLayer

_RUNNING = ("running_mean", "running_var", "weight", "bias")
NORMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "batch_norm": ("BatchNorm{}d", (*_RUNNING, "training", "momentum", "eps")),
    "instance_norm": ("InstanceNorm{}d", (*_RUNNING, "use_input_stats", "momentum", "eps")),
    "group_norm": ("GroupNorm", ("num_groups", "weight", "bias", "eps")),
}


class OfNorm:
    """A norm of torch.nn.functional by the layer of its kind, which is made at the call.

    Args:
        function: what the network's code calls.
        options: how the layer runs.
    """

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        self.function, self._options = function, options
        self._layer, self._names = NORMS[function.__name__]

    def __call__(self, input: Any, *args: Any, **kwargs: Any) -> Any:
        """Apply the norm."""
        graph = isinstance(input, ImageGraph)
        axes = int(input.image_size.shape[1]) if graph else input.ndim - 2
        if axes < 1 or (isinstance(input, Tensor) and self._options == Options()):
            return self.function(input, *args, **kwargs)
        given = dict(zip(self._names, args, strict=False)) | kwargs
        channels = int((input.x if graph else input).shape[1])
        return self._made(channels, axes, given)(input)

    def _made(self, channels: int, axes: int, given: dict[str, Any]) -> NormLayer:
        own = {name: given[name] for name in ("eps", "momentum") if name in given}
        sizes = [given["num_groups"], channels] if "num_groups" in given else [channels]
        kind: Any = getattr(gvn, self._layer.format(axes))
        layer: NormLayer = kind(*sizes, affine=False, **own, **self._options.keywords)
        tensors = {name: given.get(name) for name in _RUNNING if name in self._names}
        if "running_mean" in tensors:
            tensors["track_running_stats"] = tensors["running_mean"] is not None
            tensors["num_batches_tracked"] = None
        layer.__dict__.update(tensors)  # neither parameters nor buffers of its own
        return layer.train(
            given.get("training", given.get("use_input_stats", "Inst" in self._layer))
        )

    def __repr__(self) -> str:
        return f"OfNorm({self.function.__name__})"
