"""Position-aware messages between superpixels, and a readout that knows where things are."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch_geometric.nn import AttentionalAggregation

from graphvision.graphs.topology import Edges, Topology, edge_topology
from graphvision.kernels.gather import REDUCTIONS, Csr, gather_reduce
from graphvision.models.registry import register
from graphvision.nn import MessagePassing, PositionPool
from graphvision.nn.psi import AbstractBasis, Basis

READOUTS = ("position", "mean", "max", "attention")


@register("superpixel-net")
class SuperpixelNet(nn.Module):
    """Convolutions on superpixels whose taps are learned functions of the edge features.

    ``e'_ji = MLP(e_ji)``, once for all layers; then in every layer, with h = ReLU(norm(n)),

    > ``n_i ← n_i + U ReLU(norm(S h_i + mean_j Σ_k e'_ji,k W_k h_j + Σ_⊕ M_⊕ ⊕_j h_j))``

    so that a message depends on where the neighbour lies and on the border to it. Node and edge
    features may come in any mixture of units: both are normalised with the statistics of the
    training batches. Logits are a two-layer network of the readouts, side by side.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge; with 0, the displacement in pixels is taken from ``pos``.
        num_classes: number of logits, ≥ 1.
        width: features per node inside.
        depth: number of layers; 0 reads the node features out as they are.
        functions: K, learned functions of an edge, shared by all layers.
        aggregators: further ⊕ of the neighbours, out of ``"sum"``, ``"mean"``, ``"max"``,
            ``"min"``, ``"std"``.
        readout: out of ``"position"`` (7 × 7 points over the image), ``"mean"``, ``"max"`` and
            ``"attention"``; several are concatenated.
        hidden: width of the network behind the readout.
        dropout: share of that network's inner features that is dropped in training.

    Raises:
        ValueError: an unknown aggregator or readout, or no readout.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(2, 1, 28, 28), 20)
        >>> net = SuperpixelNet(graph.x.shape[1], graph.edge_attr.shape[1], num_classes=5)
        >>> net(graph).shape
        torch.Size([2, 5])

    Source:
        Kernels that are combinations of a few matrices, weighted by functions of the edge: Monti
        et al., MoNet, CVPR 2017, and Fey et al., SplineCNN, CVPR 2018; residual layers with the
        activation first: He et al., ECCV 2016.
    """

    input_kind: Literal["graph"] = "graph"

    def __init__(
        self,
        in_features: int,
        edge_features: int = 0,
        num_classes: int = 10,
        *,
        width: int = 32,
        depth: int = 2,
        functions: int = 8,
        aggregators: Sequence[str] = (),
        readout: Sequence[str] = ("position", "mean", "max"),
        hidden: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        _check("aggregators", aggregators, REDUCTIONS)
        _check("readout", readout, READOUTS)
        if not readout:
            raise ValueError(f"`readout` must be one or more of {list(READOUTS)}, got none")
        self.edge_features = edge_features
        columns = edge_features or 2
        self.standardise_nodes = nn.BatchNorm1d(in_features, affine=False)
        self.standardise_edges = nn.BatchNorm1d(columns, affine=False)
        self.embed_nodes = _perceptron(in_features, 2 * width, width)
        self.embed_edges = _perceptron(columns, 32, functions) if depth else None
        self.layers = nn.ModuleList(_Layer(width, functions, aggregators) for _ in range(depth))
        self.norm = nn.BatchNorm1d(width)
        self.readout = _Readout(width, readout)
        self.head = nn.Sequential(
            nn.Linear(self.readout.num_features, hidden, bias=False),
            nn.LayerNorm(hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, graph: Any) -> Tensor:
        """Logits of an ``ImageGraph`` or a batch of them."""
        x = self.embed_nodes(self.standardise_nodes(graph.x))
        if self.embed_edges is not None:
            topology, edge = self._edges(graph)
            edge = self.embed_edges(edge.to(x.dtype))
            for layer in self.layers:
                x = layer(x, topology, edge)
        logits: Tensor = self.head(self.readout(F.relu(self.norm(x)), graph))
        return logits

    def _edges(self, graph: Any) -> tuple[Topology, Tensor]:
        """The edges in rows by target, and their standardised features in the same order."""
        nodes = len(graph.x)
        edges = edge_topology(graph.edge_index, nodes).edges
        csr = edges.csr
        if self.edge_features:
            edge = graph.edge_attr if edges.order is None else graph.edge_attr[edges.order]
        else:
            edge = graph.pos[csr.col.long()] - graph.pos[csr.row]
        edge = self.standardise_edges(edge.to(graph.x.dtype)) if len(edge) else edge
        return Topology(nodes, nodes, lambda: Edges(csr)), edge


class _Taps(AbstractBasis):
    """The edge attribute is the value of every function already."""

    def __init__(self, num_functions: int) -> None:
        super().__init__()
        self.num_functions = num_functions

    def forward(self, position: Tensor) -> Tensor:
        return position


class _Layer(nn.Module):
    def __init__(self, width: int, functions: int, aggregators: Sequence[str]) -> None:
        super().__init__()
        self.aggregators = tuple(aggregators)
        self.norm = nn.BatchNorm1d(width)
        self.own = nn.Linear(width, width, bias=False)
        self.messages = MessagePassing(Basis(_Taps(functions), width, width), "mean")
        self.mix = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in self.aggregators)
        self.inner_norm = nn.BatchNorm1d(width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, topology: Topology, edge: Tensor) -> Tensor:
        h = F.relu(self.norm(x))
        inner = self.own(h) + self.messages(h, topology, edge)
        for reduce, mix in zip(self.aggregators, self.mix, strict=True):
            inner = inner + mix(gather_reduce(h, topology.edges.csr, reduce=reduce))
        out: Tensor = x + self.out(F.relu(self.inner_norm(inner)))
        return out

    def multiply_adds(self, inputs: Any, output: Tensor) -> int:
        nodes, width = output.shape
        edges, functions = inputs[2].shape
        dense = nodes * width * width * (2 + functions + len(self.aggregators))
        return int(dense + edges * width * (functions + len(self.aggregators)))


class _Readout(nn.Module):
    def __init__(self, width: int, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.position = PositionPool(7) if "position" in names else None
        self.attention = (
            AttentionalAggregation(nn.Linear(width, 1, bias=False))
            if "attention" in names
            else None
        )
        self.num_features = width * sum(49 if name == "position" else 1 for name in names)

    def forward(self, x: Tensor, graph: Any) -> Tensor:
        csr = Csr(graph.node_ptr, torch.arange(len(x), device=x.device), len(x))
        parts = []
        for name in self.names:
            if self.position is not None and name == "position":
                parts.append(self.position(x, graph))
            elif self.attention is not None and name == "attention":
                parts.append(self.attention(x, csr.row, dim_size=csr.num_targets))
            else:
                parts.append(gather_reduce(x, csr, reduce=name))
        return torch.cat(parts, 1)


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def _check(argument: str, names: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise ValueError(
            f"`{argument}` must be different names of {list(known)}, got {list(names)}"
        )
