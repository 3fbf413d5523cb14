"""Messages of a two-layer network of both ends."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
import torch_geometric.nn as pyg
from torch import Tensor, nn

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import graph, normal, rebuilt, steps, way

WIDTH = 64
PEER = "PyG EdgeConv"
LEAST = {"sum": 4.0, "mean": 4.0, "max": 2.0}


def cases() -> Iterator[Case]:
    """Three aggregations on two kinds of graph."""
    for name in ("grid", "superpixels"):
        for aggr, least in LEAST.items():
            for backward in (False, True):
                yield Case(
                    "edge_mlp",
                    f"{aggr}, {name}, {2 * WIDTH} → {WIDTH} → {WIDTH}, {way(backward)}",
                    partial(_make, aggr, name, backward),
                    [Goal(least, PEER)],
                    _agree(aggr, backward),
                )


def _agree(aggr: str, backward: bool) -> Close:
    """Gradients are equal by the norm of all entries.

    Among 17 million arguments of the ReLU some round to the other side of 0 in the peer, which adds
    up its first layer in another way.
    """
    if backward:
        return Close(1e-2 if aggr == "max" else 1e-4, order=2)
    return Close(1e-5)


def _make(aggr: str, name: str, backward: bool, setting: Setting) -> list[Provider]:
    torch.manual_seed(0)
    edge_index, _, nodes = graph(name, setting)
    x = normal(nodes, WIDTH).to(setting.device)
    psi = gv.nn.psi.MLP(WIDTH, WIDTH, hidden=WIDTH, activation=nn.ReLU).to(setting.device)
    topology = rebuilt(edge_index, nodes)
    layer = gv.nn.MessagePassing(psi, aggr)
    plain = gv.nn.MessagePassing(psi, aggr, backend="reference")
    conv, net = _of_differences(psi.net, aggr)
    conv.to(setting.device)
    mine = [psi.net[0].bias, psi.net[2].weight, psi.net[2].bias]
    theirs = [net[0].bias, net[2].weight, net[2].bias]

    def both(run: Any, wanted: Sequence[Tensor]) -> Any:
        return steps(run, x, wanted, backward=backward)

    return [
        Provider("graphvision, cached topology", both(lambda x: layer(x, topology), mine), "ours"),
        Provider(
            "graphvision, built each call",
            both(lambda x: layer(x, rebuilt(edge_index, nodes)), mine),
            "ours",
        ),
        Provider("reference", both(lambda x: plain(x, topology), mine), "reference"),
        Provider(PEER, both(lambda x: conv(x, edge_index), theirs)),
    ]


def _of_differences(net: nn.Sequential, aggr: str) -> tuple[pyg.EdgeConv, nn.Sequential]:
    """The same function of ``[n_i, n_j − n_i]``: A and B become A + B and B."""
    first, last = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
    made = nn.Sequential(first, nn.ReLU(), last)
    conv = pyg.EdgeConv(made, aggr=aggr)  # which draws new weights
    a, b = net[0].weight.data.split(WIDTH, 1)
    first.weight.data, first.bias.data = torch.cat([a + b, b], 1), net[0].bias.data.clone()
    last.load_state_dict(net[2].state_dict())
    return conv, made
