"""Windows over full rasters: the library's convolutions and poolings.

The features of a batch of equal rasters, ``[b·h·w, c]``, are the channels-last image; nothing is
copied on the way in or out.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs.topology import Raster, Topology
from graphvision.graphs.window import Window
from graphvision.nn.layout import image_to_nodes, nodes_to_image
from graphvision.nn.phi import Bias
from graphvision.nn.plan import Lowering, Nodes, Request, RunOnImage
from graphvision.nn.psi import Copy, ScalarPsi, ScaledCopy, TapPsi
from graphvision.nn.psi.abstract import checked_taps

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing

CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_MAX_POOLS = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVG_POOLS: dict[int, Any] = {2: F.avg_pool2d, 3: F.avg_pool3d}


def convolution(request: Request) -> Lowering | str:
    """ψ = W_k n_j on the taps of a full raster: torch's convolution."""
    psi, raster = request.layer.psi, request.topology.raster
    if raster is None:
        return "the topology is no full raster"
    if not isinstance(psi, TapPsi):
        return "ψ is not linear in n_j with a matrix per tap"
    if request.has_edge_attr:
        return "edge_attr is given: weights may depend on more than the tap"
    if raster.window.divisor is not None:
        return "the window divides its sums"
    if request.aggregators == ("sum",):
        return _lowering(
            "raster convolution",
            "ψ is linear in n_j, weights depend on the tap alone, ⊕ = sum",
            _convolve,
            adds_bias=isinstance(request.layer.phi, Bias),
        )
    if request.aggregators == ("mean",):
        reason = "as for sum; the mean divides by the number of taps inside the image"
        return _lowering("raster convolution ÷ degree", reason, _convolve_mean)
    return "⊕ is neither sum nor mean"


def pooling(request: Request) -> Lowering | str:
    """ψ = n_j on the windows of a full raster: torch's pooling, or a depthwise convolution."""
    raster, psi = request.topology.raster, request.layer.psi
    if raster is None:
        return "the topology is no full raster"
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
        return _lowering("raster depthwise convolution", "ψ = n_j, ⊕ = sum", _sum_by_convolution)
    if not _poolable(window, dilated=name in ("max", "min")):
        return "torch's pooling pads at most half a window and only dilates the maximum"
    if name in ("max", "min") and plain:
        return _lowering(f"raster {name} pooling", f"ψ = n_j, ⊕ = {name}", partial(_extreme, name))
    divisor: Any = window.divisor if isinstance(psi, ScaledCopy) else None
    if name == "mean" and divisor is None:
        return _lowering("raster average pooling", "ψ = n_j, ⊕ = mean", partial(_average, "valid"))
    if name == "sum":
        return _lowering(
            "raster average pooling" if divisor else "raster sum pooling",
            "ψ = n_j divided by the window's divisor, ⊕ = sum" if divisor else "ψ = n_j, ⊕ = sum",
            partial(_average, divisor or 1),
        )
    return f"⊕ = {name} of scaled messages"


def _poolable(window: Window, *, dilated: bool) -> bool:
    pairs = zip(window.padding, window.kernel_size, strict=True)
    fits = all(lo == hi and 2 * lo <= k for (lo, hi), k in pairs)
    return fits and (dilated or all(d == 1 for d in window.dilation))


def _raster(topology: Topology) -> Raster:
    assert topology.raster is not None, "planned for a raster only"
    return topology.raster


def _lowering(name: str, reason: str, on_image: RunOnImage, adds_bias: bool = False) -> Lowering:
    """A form that is written for images, and runs on nodes because they are the same memory."""
    return Lowering(name, reason, partial(_on_nodes, on_image), on_image, adds_bias)


def _on_nodes(
    on_image: RunOnImage,
    layer: "MessagePassing",
    nodes: Nodes,
    topology: Topology,
    edge_attr: Tensor | None,
) -> Tensor:
    raster = _raster(topology)
    image = nodes_to_image(nodes.source, raster.batch, raster.size)
    return image_to_nodes(on_image(layer, image, topology))


def convolve_window(
    image: Tensor, weight: Tensor, bias: Tensor | None, *, window: Window, groups: int
) -> Tensor:
    """Torch's convolution of a channels-first image, whatever the padding."""
    padding = [lo for lo, _ in window.padding]
    if window.padding_mode != "zeros" or any(lo != hi for lo, hi in window.padding):
        pads = [side for pair in reversed(window.padding) for side in pair]
        mode = "constant" if window.padding_mode == "zeros" else window.padding_mode
        image, padding = F.pad(image, pads, mode=mode), [0] * window.dims
    out: Tensor = CONVOLUTIONS[window.dims](
        image, weight, bias, window.stride, padding, window.dilation, groups
    )
    return out


def _convolve(layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    window, psi, phi = _raster(topology).window, layer.psi, layer.phi
    assert isinstance(psi, TapPsi), "planned for taps only"
    assert topology.tap_offsets is not None, "a window has taps"
    weight = psi.tap_weight(topology.tap_offsets)
    if weight.shape[2:] != window.kernel_size:
        weight = checked_taps(weight, window.num_taps).unflatten(2, window.kernel_size)
    bias = phi.bias if isinstance(phi, Bias) and layer.aggregators == ("sum",) else None
    return convolve_window(image, weight, bias, window=window, groups=psi.groups)


def _convolve_mean(layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    raster = _raster(topology)
    degree = torch.ones((), dtype=torch.int64)
    for index in raster.window.sources(raster.size):
        degree = degree.unsqueeze(-1) * (index >= 0).sum(0)
    return _convolve(layer, image, topology) / degree.clamp(min=1).to(image)


def _extreme(name: str, layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    window, least = _raster(topology).window, name == "min"
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
    window = _raster(topology).window
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
    raster = _raster(topology)
    window, channels = raster.window, image.shape[1]
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
