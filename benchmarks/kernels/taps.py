"""3×3 taps on explicit edges: the convolution of a grid that nobody knows to be one."""

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812
import torch_geometric.nn as pyg
from torch import Tensor

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import GRID, irregular_taps, multiplied, normal, steps, way

CONV, RELATIONS, GAUSSIANS = "F.conv2d, channels last", "PyG RGCNConv", "PyG GMMConv"
CHANNELS = (16, 32, 64, 128)


def cases() -> Iterator[Case]:
    """All widths and directions."""
    for channels in CHANNELS:
        for backward in (False, True):
            goals = [Goal(1 / 1.6, CONV), Goal(5.0, RELATIONS), Goal(10.0, GAUSSIANS)]
            yield Case(
                "taps",
                f"3×3, C={channels}, {way(backward)}",
                partial(_make, channels, backward),
                goals,
                Close(1e-4 if backward else 1e-5),
            )


def _make(channels: int, backward: bool, setting: Setting) -> list[Provider]:
    batch, side = GRID
    topology = irregular_taps(side, batch, setting.device)
    nodes, taps = topology.num_targets, topology.num_taps
    edge_index, tap = topology.edge_index, topology.tap
    assert tap is not None, "a window has taps"
    x = normal(nodes, channels).to(setting.device)
    weight = normal(channels, channels, 3, 3, seed=2).to(setting.device) / channels
    layer = gv.nn.MessagePassing(gv.nn.psi.Taps(weight), "sum")
    plain = gv.nn.MessagePassing(gv.nn.psi.Taps(weight), "sum", backend="reference")

    def conv(x: Tensor) -> Tensor:
        image = x.view(batch, side, side, channels).permute(0, 3, 1, 2)
        return F.conv2d(image, weight, padding=1).permute(0, 2, 3, 1).reshape(nodes, channels)

    matrices = weight.permute(2, 3, 1, 0).reshape(taps, channels, channels)
    relational = pyg.RGCNConv(
        channels, channels, taps, aggr="add", root_weight=False, bias=False
    ).to(setting.device)
    relational.weight.data = matrices.contiguous()
    gaussians = _one_per_tap(matrices, topology.tap_offsets).to(setting.device)
    offsets = topology.tap_offsets.to(setting.device)[tap].float()
    runs = {
        "graphvision": ("ours", lambda x: layer(x, topology)),
        "reference": ("reference", lambda x: plain(x, topology)),
        CONV: ("peer", conv),
        RELATIONS: ("peer", lambda x: relational(x, edge_index, tap)),
        GAUSSIANS: ("peer", lambda x: gaussians(x, edge_index, offsets)),
    }
    providers = [
        Provider(name, steps(run, x, (), backward=backward), kind)
        for name, (kind, run) in runs.items()
    ]
    return [*providers, multiplied(nodes, taps * channels, channels, setting, 1 + backward)]


def _one_per_tap(matrices: Tensor, offsets: Tensor) -> pyg.GMMConv:
    """Gaussians so narrow that each sees one tap."""
    taps, channels, _ = matrices.shape
    layer = pyg.GMMConv(
        channels, channels, dim=2, kernel_size=taps, aggr="add", root_weight=False, bias=False
    )
    layer.root = None  # its forward asks for it even where there is none
    layer.g.data = matrices.permute(1, 0, 2).reshape(channels, taps * channels).contiguous()
    layer.mu.data = offsets.float()
    layer.sigma.data = torch.full((taps, 2), 0.05)
    return layer
