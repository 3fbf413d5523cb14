"""Position-aware messages between superpixels, and a readout that knows where things are."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.graphs.topology import Topology
from graphvision.models.heads import LEVELS, GraphHead, Heads, answer, outputs_by_level
from graphvision.models.registry import register
from graphvision.models.row_norm import BatchRows
from graphvision.models.structure import Structure, edge_columns
from graphvision.nn import AGGREGATORS, READOUTS, MessagePassing, aggregator
from graphvision.nn.psi import AbstractBasis, Basis


@register("superpixel-net")
@register("superpixel-net-deep", width=64, depth=8, functions=9)
class SuperpixelNet(nn.Module):
    """Convolutions on superpixels whose taps are learned functions of the edge features.

    ``e'_ji = MLP(e_ji)``, once for all layers; then in every layer, with h = ReLU(norm(n)),

    > ``n_i ← n_i + U ReLU(norm(S h_i + mean_j Σ_k e'_ji,k W_k h_j + Σ_⊕ M_⊕ ⊕_j h_j))``

    so that a message depends on where the neighbour lies and on the border to it. Node and edge
    features may come in any mixture of units: both are normalised with the statistics of the
    training batches. Logits of a graph are a two-layer network of the readouts, side by side; a
    network with other levels answers for nodes and edges, too. As ``superpixel-net-deep`` it has
    eight layers, twice the width and nine functions, for questions whose answer is far away.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge; with 0, the displacement in pixels is taken from ``pos``.
        num_classes: number of logits at the only level, ≥ 1.
        level: ``"graph"``, ``"node"`` or ``"edge"``.
        heads: outputs by level, in place of ``level`` and ``num_classes``.
        width: features per node inside.
        depth: number of layers; 0 reads the node features out as they are.
        functions: K, learned functions of an edge, shared by all layers.
        aggregators: further ⊕ of the neighbours, as in :func:`~graphvision.nn.aggregator`.
        readout: how the graph level reads the nodes, as in :class:`~graphvision.nn.Readout`.
        hidden: width of the heads' inner layers.
        dropout: share of the graph head's inner features that is dropped in training.

    Raises:
        ValueError: an unknown level, aggregator or readout, or no readout.

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
    levels = LEVELS

    def __init__(
        self,
        in_features: int,
        edge_features: int = 0,
        num_classes: int = 10,
        *,
        level: str = "graph",
        heads: Mapping[str, int] | None = None,
        width: int = 32,
        depth: int = 2,
        functions: int = 8,
        aggregators: Sequence[str] = (),
        readout: Sequence[str] = ("position", "mean", "max"),
        hidden: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        outputs = outputs_by_level(num_classes, level, heads)
        self.level = level if heads is None else None
        _check("aggregators", aggregators, list(AGGREGATORS))
        _check("readout", readout, list(READOUTS))
        if not readout:
            raise ValueError(f"`readout` must be one or more of {list(READOUTS)}, got none")
        self.edge_features = edge_features
        columns = edge_features or 2
        self.standardise_nodes = BatchRows(in_features, affine=False)
        self.standardise_edges = BatchRows(columns, affine=False)
        self.embed_nodes = _perceptron(in_features, 2 * width, width)
        self.embed_edges = _perceptron(columns, 32, functions) if depth else None
        self.layers = nn.ModuleList(_Layer(width, functions, aggregators) for _ in range(depth))
        self.norm = BatchRows(width)
        self.readout: nn.Module | None = None
        graphs = outputs.pop("graph", 0)
        if graphs:  # its parts by the names that older weights have
            whole = GraphHead(width, graphs, readout=readout, hidden=hidden, dropout=dropout)
            self.readout, self.head = whole.readout, whole.head
        self.heads = Heads(width, outputs, edge_width=functions if depth else 0, hidden=hidden)

    def forward(self, graph: Any) -> Tensor | dict[str, Tensor]:
        """Answers about an ``ImageGraph`` or a batch of them."""
        structure = Structure.of(graph)
        x, edge = self.embed_nodes(self.standardise_nodes(graph.x)), graph.edge_attr
        if self.embed_edges is not None:
            columns = edge_columns(structure, self.edge_features)
            edge = self.embed_edges(self.standardise_edges(columns))
            for layer in self.layers:
                x = layer(x, structure.topology, edge)
        x = F.relu(self.norm(x))
        found = self.heads(x, edge, structure)
        if self.readout is not None:
            found = {"graph": self.head(self.readout(x, structure)), **found}
        return answer(found, single=self.level is not None)


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
        self.norm = BatchRows(width)
        self.own = nn.Linear(width, width, bias=False)
        self.messages = MessagePassing(Basis(_Taps(functions), width, width), "mean")
        self.mix = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in self.aggregators)
        self.further = nn.ModuleList(aggregator(name, width) for name in self.aggregators)
        self.inner_norm = BatchRows(width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, topology: Topology, edge: Tensor) -> Tensor:
        h = F.relu(self.norm(x))
        inner = self.own(h) + self.messages(h, topology, edge)
        for further, mix in zip(self.further, self.mix, strict=True):
            inner = inner + mix(further(h, topology.edges.csr))
        out: Tensor = x + self.out(F.relu(self.inner_norm(inner)))
        return out

    def multiply_adds(self, inputs: Any, output: Tensor) -> int:
        nodes, width = output.shape
        edges, functions = inputs[2].shape
        dense = nodes * width * width * (2 + functions + len(self.aggregators))
        return int(dense + edges * width * (functions + len(self.aggregators)))


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def _check(argument: str, names: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        raise ValueError(
            f"`{argument}` must be different names of {list(known)}, got {list(names)}"
        )
