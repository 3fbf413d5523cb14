"""Pooling windows over full rasters: the library's poolings, or a depthwise convolution."""

from functools import partial
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs.topology import Topology
from graphvision.graphs.window import Window
from graphvision.nn.lower_raster import CONVOLUTIONS, on_rasters, raster_of
from graphvision.nn.plan import Lowering, Request
from graphvision.nn.psi import Copy, ScalarPsi, ScaledCopy

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing

_MAX_POOLS = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVG_POOLS: dict[int, Any] = {2: F.avg_pool2d, 3: F.avg_pool3d}


def pooling(request: Request) -> Lowering | str:
    """ψ = n_j on the windows of a full raster: torch's pooling, or a depthwise convolution."""
    raster, psi = request.topology.raster, request.layer.psi
    if raster is None:
        return "the topology is no full raster"
    if not isinstance(raster.window, Window):
        return "the window is no pooling's"
    if not isinstance(psi, (Copy, ScaledCopy)) or request.has_edge_attr:
        return "ψ is no copy"
    names = request.aggregators
    if names is None or len(names) != 1:
        return "⊕ is not one of max, min, mean and sum"
    return _pooling_of(names[0], raster.window, psi)


def _pooling_of(name: str, window: Window, psi: ScalarPsi) -> Lowering | str:
    if window.padding_mode != "zeros":
        return "the padding mode makes parallel edges"
    plain = isinstance(psi, Copy) or window.divisor is None
    if name == "sum" and plain and not _poolable(window, dilated=False):
        return on_rasters("raster depthwise convolution", "ψ = n_j, ⊕ = sum", _sum_by_convolution)
    if not _poolable(window, dilated=name in ("max", "min")):
        return "torch's pooling pads at most half a window and only dilates the maximum"
    if name in ("max", "min") and plain:
        return on_rasters(f"raster {name} pooling", f"ψ = n_j, ⊕ = {name}", partial(_extreme, name))
    divisor: Any = window.divisor if isinstance(psi, ScaledCopy) else None
    if name == "mean" and divisor is None:
        return on_rasters("raster average pooling", "ψ = n_j, ⊕ = mean", partial(_average, "valid"))
    if name == "sum":
        return on_rasters(
            "raster average pooling" if divisor else "raster sum pooling",
            "ψ = n_j divided by the window's divisor, ⊕ = sum" if divisor else "ψ = n_j, ⊕ = sum",
            partial(_average, divisor or 1),
        )
    return f"⊕ = {name} of scaled messages"


def _poolable(window: Window, *, dilated: bool) -> bool:
    pairs = zip(window.padding, window.kernel_size, strict=True)
    fits = all(lo == hi and 2 * lo <= k for (lo, hi), k in pairs)
    return fits and (dilated or all(d == 1 for d in window.dilation))


def _window(topology: Topology) -> Window:
    window = raster_of(topology).window
    assert isinstance(window, Window), "planned for these only"
    return window


def _extreme(name: str, layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    window, least = _window(topology), name == "min"
    pool: Any = _MAX_POOLS[window.dims]
    out: Tensor = pool(
        -image if least else image,
        window.kernel_size,
        window.stride,
        tuple(lo for lo, _ in window.padding),
        window.dilation,
        window.ceil_mode,
    )
    return -out if least else out


def _average(
    divisor: str | int, layer: "MessagePassing", image: Tensor, topology: Topology
) -> Tensor:
    window = _window(topology)
    flat = window.dims == 1  # torch's 1-D average pooling knows no divisor
    lift = (1,) if flat else ()
    out: Tensor = _AVG_POOLS[2 if flat else window.dims](
        image.unsqueeze(2) if flat else image,
        lift + window.kernel_size,
        lift + window.stride,
        (0,) * len(lift) + tuple(lo for lo, _ in window.padding),
        window.ceil_mode,
        divisor == "window",
        divisor if isinstance(divisor, int) else None,
    )
    return out.squeeze(2) if flat else out


def _sum_by_convolution(layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    raster, window, channels = raster_of(topology), _window(topology), image.shape[1]
    need = [
        (lo, max(hi, (o - 1) * s + d * (k - 1) + 1 - n - lo))
        for (lo, hi), o, s, d, k, n in zip(
            window.padding, raster.output_size, window.stride, window.dilation,
            window.kernel_size, raster.size, strict=True,
        )
    ]  # fmt: skip
    padded = F.pad(image, [side for pair in reversed(need) for side in pair])
    ones = image.new_ones((channels, 1, *window.kernel_size))
    out = CONVOLUTIONS[window.dims](padded, ones, None, window.stride, 0, window.dilation, channels)
    inner = tuple(slice(0, o) for o in raster.output_size)
    return out[(slice(None), slice(None), *inner)]
