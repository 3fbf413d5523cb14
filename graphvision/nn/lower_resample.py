"""Adaptive pooling, interpolation and padding of full rasters: the library's functions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs.abstract_window import AbstractWindow
from graphvision.graphs.adaptive_window import AdaptiveWindow
from graphvision.graphs.padded_window import PaddedWindow
from graphvision.graphs.resize_window import ResizeWindow
from graphvision.graphs.topology import Topology
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn.lower_raster import on_rasters, raster_of
from graphvision.nn.plan import Lowering, Request
from graphvision.nn.psi import Copy, ScaledCopy, SubPixels

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing

_AVERAGE: Any = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
_MAXIMUM: Any = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}


def resampling(request: Request) -> Lowering | str:
    """ψ = n_j times the window's factor, ⊕ = sum, or ψ = n_j, ⊕ = max on adaptive windows."""
    raster, psi = request.topology.raster, request.layer.psi
    if raster is None:
        return "the topology is no full raster"
    if request.has_edge_attr:
        return "edge_attr is given"
    window, names = raster.window, request.aggregators
    if isinstance(psi, SubPixels):
        return _shuffle(psi, window)
    scaled = isinstance(psi, ScaledCopy) or (isinstance(psi, Copy) and not window.weighted)
    if isinstance(window, AdaptiveWindow) and names == ("max",) and isinstance(psi, Copy):
        form: Callable[..., Tensor] = partial(_adaptive, _MAXIMUM)
        return on_rasters("raster adaptive max pooling", "ψ = n_j, ⊕ = max", partial(_run, form))
    if type(window) not in _FORMS or names != ("sum",) or not scaled:
        return "no sum of an adaptive pooling, an interpolation or a padding"
    name, form = _FORMS[type(window)]
    return on_rasters(name, "ψ = n_j times the window's factor, ⊕ = sum", partial(_run, form))


def _shuffle(psi: SubPixels, window: AbstractWindow) -> Lowering | str:
    wanted = Window if psi.inverse else TransposedWindow
    if not isinstance(window, wanted):
        return "the window isn't that of a pixel shuffle"
    step = window.kernel_size[0]
    plain = wanted.make(step, dims=2, stride=step)
    if window != plain or window.num_taps != psi.num_taps:
        return "the window's stride isn't its kernel"
    function = F.pixel_unshuffle if psi.inverse else F.pixel_shuffle
    return on_rasters(
        f"raster pixel {'un' * psi.inverse}shuffle",
        "ψ = the channels of a tap, windows don't overlap",
        partial(_run, lambda window, image: function(image, window.kernel_size[0])),
    )


def _run(
    form: Callable[..., Tensor], layer: "MessagePassing", image: Tensor, topology: Topology
) -> Tensor:
    return form(raster_of(topology).window, image)


def _adaptive(pools: Any, window: AdaptiveWindow, image: Tensor) -> Tensor:
    out: Tensor = pools[window.dims](image, window.output_size(tuple(image.shape[2:])))
    return out


def _resize(window: ResizeWindow, image: Tensor) -> Tensor:
    out: Tensor = F.interpolate(
        image,
        window.output,
        window.scale,
        window.mode,
        window.align_corners if window.mode.endswith(("linear", "cubic")) else None,
        None if window.scale is None else not window.exact_scale,
        window.antialias,
    )
    return out


def _pad(window: PaddedWindow, image: Tensor) -> Tensor:
    return F.pad(image, window.sides, mode="constant" if window.mode == "zeros" else window.mode)


_FORMS: dict[type, tuple[str, Callable[..., Tensor]]] = {
    AdaptiveWindow: ("raster adaptive average pooling", partial(_adaptive, _AVERAGE)),
    ResizeWindow: ("raster interpolation", _resize),
    PaddedWindow: ("raster padding", _pad),
}
