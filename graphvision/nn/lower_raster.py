"""Windows with taps over full rasters: the library's convolutions.

The features of a batch of equal rasters, ``[b·h·w, c]``, are the channels-last image; nothing is
copied on the way in or out.
"""

from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs.topology import Raster, Topology
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn.layout import image_to_nodes, nodes_to_image
from graphvision.nn.phi import Bias
from graphvision.nn.plan import Lowering, Nodes, Request, RunOnImage
from graphvision.nn.psi import TapPsi
from graphvision.nn.psi.abstract import checked_taps
from graphvision.nn.psi.taps import swap_channels

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing

CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def convolution(request: Request) -> Lowering | str:
    """ψ = W_k n_j on the taps of a full raster: torch's convolution."""
    psi, raster = request.layer.psi, request.topology.raster
    if raster is None:
        return "the topology is no full raster"
    if not isinstance(psi, TapPsi):
        return "ψ is not linear in n_j with a matrix per tap"
    if request.has_edge_attr:
        return "edge_attr is given: weights may depend on more than the tap"
    window = raster.window
    if not isinstance(window, (Window, TransposedWindow)):
        return "the window has no taps"
    if window.weighted:
        return "the window divides its sums"
    name = f"raster {'transposed ' * isinstance(window, TransposedWindow)}convolution"
    if request.aggregators == ("sum",):
        return on_rasters(
            name,
            "ψ is linear in n_j, weights depend on the tap alone, ⊕ = sum",
            _convolve,
            adds_bias=isinstance(request.layer.phi, Bias),
        )
    if request.aggregators == ("mean",):
        reason = "as for sum; the mean divides by the number of taps inside the image"
        return on_rasters(f"{name} ÷ degree", reason, _convolve_mean)
    return "⊕ is neither sum nor mean"


def raster_of(topology: Topology) -> Raster:
    """The full raster that a layer was planned for."""
    assert topology.raster is not None, "planned for a raster only"
    return topology.raster


def on_rasters(name: str, reason: str, on_image: RunOnImage, adds_bias: bool = False) -> Lowering:
    """A form that is written for images, and runs on nodes because they are the same memory."""
    return Lowering(name, reason, partial(_on_nodes, on_image), on_image, adds_bias)


def _on_nodes(
    on_image: RunOnImage,
    layer: "MessagePassing",
    nodes: Nodes,
    topology: Topology,
    edge_attr: Tensor | None,
) -> Tensor:
    raster = raster_of(topology)
    image = nodes_to_image(nodes.source, raster.batch, raster.size)
    return image_to_nodes(on_image(layer, image, topology))


def _convolve_window(
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


def _transposed(
    image: Tensor, weight: Tensor, bias: Tensor | None, *, window: TransposedWindow, groups: int
) -> Tensor:
    out: Tensor = _TRANSPOSED[window.dims](
        image,
        swap_channels(weight, groups),
        bias,
        window.stride,
        window.padding,
        window.output_padding,
        groups,
        window.dilation,
    )
    return out


def _convolve(layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    window, psi, phi = raster_of(topology).window, layer.psi, layer.phi
    assert isinstance(psi, TapPsi), "planned for taps only"
    assert topology.tap_offsets is not None, "a window has taps"
    weight = psi.tap_weight(topology.tap_offsets)
    assert isinstance(window, (Window, TransposedWindow)), "planned for taps only"
    if weight.shape[2:] != window.kernel_size:
        weight = checked_taps(weight, window.num_taps).unflatten(2, window.kernel_size)
    bias = phi.bias if isinstance(phi, Bias) and layer.aggregators == ("sum",) else None
    if isinstance(window, TransposedWindow):
        return _transposed(image, weight, bias, window=window, groups=psi.groups)
    return _convolve_window(image, weight, bias, window=window, groups=psi.groups)


def _convolve_mean(layer: "MessagePassing", image: Tensor, topology: Topology) -> Tensor:
    raster = raster_of(topology)
    degree = torch.ones((), dtype=torch.int64)
    for index in raster.window.sources(raster.size):
        degree = degree.unsqueeze(-1) * (index >= 0).sum(0)
    return _convolve(layer, image, topology) / degree.clamp(min=1).to(image)
