"""3×3 taps on explicit edges: the convolution of a grid that nobody knows to be one."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812
import torch_geometric.nn as pyg
from torch import Tensor, nn

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import GRID, irregular_taps, multiplied, normal, steps, way

CONV, RELATIONS, GAUSSIANS = "F.conv2d, channels last", "PyG RGCNConv", "PyG GMMConv"
Run = Callable[[Tensor], Tensor]
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
                rounds=5,
            )


def _make(channels: int, backward: bool, setting: Setting) -> list[Provider]:
    batch, side = GRID
    topology = irregular_taps(side, batch, setting.device)
    nodes, taps = topology.num_targets, topology.num_taps
    edge_index, tap = topology.edge_index, topology.tap
    assert tap is not None, "a window has taps"
    x = normal(nodes, channels).to(setting.device)
    weight = nn.Parameter(normal(channels, channels, 3, 3, seed=2).to(setting.device) / channels)
    layer = gv.nn.MessagePassing(gv.nn.psi.Taps(weight), "sum")
    plain = gv.nn.MessagePassing(gv.nn.psi.Taps(weight), "sum", backend="reference")

    def conv(x: Tensor) -> Tensor:
        image = x.view(batch, side, side, channels).permute(0, 3, 1, 2)
        return F.conv2d(image, weight, padding=1).permute(0, 2, 3, 1).reshape(nodes, channels)

    matrices = _per_tap(weight.detach())
    relational = pyg.RGCNConv(
        channels, channels, taps, aggr="add", root_weight=False, bias=False
    ).to(setting.device)
    relational.weight.data = matrices.contiguous()
    gaussians = _one_per_tap(matrices, topology.tap_offsets).to(setting.device)
    offsets = topology.tap_offsets.to(setting.device)[tap].float()
    runs: dict[str, tuple[str, Run, Tensor, Run]] = {
        "graphvision": ("ours", lambda x: layer(x, topology), weight, _per_tap),
        "reference": ("reference", lambda x: plain(x, topology), weight, _per_tap),
        CONV: ("peer", conv, weight, _per_tap),
        RELATIONS: ("peer", lambda x: relational(x, edge_index, tap), relational.weight, _same),
        GAUSSIANS: (
            "peer",
            lambda x: gaussians(x, edge_index, offsets),
            gaussians.g,
            lambda g: g.view(channels, taps, channels).transpose(0, 1),
        ),
    }
    providers = [
        Provider(
            name,
            steps(run, x, [wanted], backward=backward),
            kind,
            result=partial(_in_one_order, order) if backward else _same,
        )
        for name, (kind, run, wanted, order) in runs.items()
    ]
    return [*providers, multiplied(nodes, taps * channels, channels, setting, 1 + 2 * backward)]


def _in_one_order(order: Run, found: Sequence[Tensor]) -> tuple[Tensor, ...]:
    out, of_x, of_weight = found
    return out, of_x, order(of_weight)


def _per_tap(weight: Tensor) -> Tensor:
    """Torch's kernel as one matrix (in, out) per tap."""
    return weight.flatten(2).permute(2, 1, 0)


def _same(x: Tensor) -> Tensor:
    return x


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
