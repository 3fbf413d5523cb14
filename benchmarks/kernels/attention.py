"""Attention layers, linear maps included, against PyG's with the same weights."""

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
from graphvision.nn.psi import DotProductAttention, GATAttention

CHANNELS, HEADS = 64, 4
PEERS = {"gatv2": "PyG GATv2Conv", "dot_product": "PyG TransformerConv"}


def cases() -> Iterator[Case]:
    """GATv2 and dot products, with and without edge features, on two kinds of graph."""
    for kind, peer in PEERS.items():
        for name in ("grid", "superpixels"):
            for edges in (0, 2):
                for backward in (False, True):
                    goals = [Goal(5.0, peer), Goal(5.0, peer, "memory")] if backward else []
                    yield Case(
                        "attention",
                        f"{kind}, {name}, edge features={edges}, {way(backward)}",
                        partial(_make, kind, name, edges, backward),
                        goals,
                        Close(1e-4 if backward else 1e-5),
                    )


def _make(
    kind: str, name: str, edge_channels: int, backward: bool, setting: Setting
) -> list[Provider]:
    torch.manual_seed(0)
    psi, conv, pairs = (_gatv2 if kind == "gatv2" else _dot)(edge_channels)
    psi, conv = psi.to(setting.device), conv.to(setting.device)
    mine, theirs = _parameters(psi, conv, pairs)
    edge_index, features, nodes = graph(name, setting)
    x, attr = normal(nodes, CHANNELS).to(setting.device), features if edge_channels else None
    topology = rebuilt(edge_index, nodes)
    layer = gv.nn.MessagePassing(psi, "sum")
    plain = gv.nn.MessagePassing(psi, "sum", backend="reference")

    def both(run: Any, wanted: Sequence[Tensor]) -> Any:
        return steps(run, x, wanted, backward=backward)

    return [
        Provider(
            "graphvision, cached topology", both(lambda x: layer(x, topology, attr), mine), "ours"
        ),
        Provider(
            "graphvision, built each call",
            both(lambda x: layer(x, rebuilt(edge_index, nodes), attr), mine),
            "ours",
        ),
        Provider("reference", both(lambda x: plain(x, topology, attr), mine), "reference"),
        Provider(PEERS[kind], both(lambda x: conv(x, edge_index, attr), theirs)),
    ]


def _gatv2(edge_channels: int) -> tuple[Any, Any, dict[str, str]]:
    conv = pyg.GATv2Conv(
        CHANNELS, CHANNELS // HEADS, HEADS, edge_dim=edge_channels or None, add_self_loops=False
    )
    conv.register_parameter("bias", None)  # the one after the sum, which ours leaves to φ
    psi = GATAttention(CHANNELS, CHANNELS, heads=HEADS, edge_channels=edge_channels)
    psi.vector.data = conv.att.data[0].clone()
    return psi, conv, {"source": "lin_l", "target": "lin_r", "edge": "lin_edge"}


def _dot(edge_channels: int) -> tuple[Any, Any, dict[str, str]]:
    conv = pyg.TransformerConv(
        CHANNELS, CHANNELS // HEADS, HEADS, edge_dim=edge_channels or None, root_weight=False
    )
    psi = DotProductAttention(CHANNELS, CHANNELS, heads=HEADS, edge_channels=edge_channels)
    names = {"query": "lin_query", "key": "lin_key", "value": "lin_value", "edge": "lin_edge"}
    return psi, conv, names


def _parameters(
    psi: nn.Module, conv: nn.Module, pairs: dict[str, str]
) -> tuple[list[Tensor], list[Tensor]]:
    """Copy PyG's weights; the matrices whose gradients are compared, ours and theirs."""
    mine, theirs = [], []
    for ours, peer in pairs.items():
        ours_linear, peer_linear = getattr(psi, ours), getattr(conv, peer)
        if ours_linear is None:
            continue
        ours_linear.load_state_dict(peer_linear.state_dict())
        mine.append(ours_linear.weight)
        theirs.append(peer_linear.weight)
    return mine, theirs
