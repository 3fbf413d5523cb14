"""Residual gated messages: every edge has features that open and close it."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.graphs.windowed import with_features
from graphvision.kernels.gather import gather_reduce
from graphvision.models.row_norm import row_norm, standardisation
from graphvision.models.structure import Structure, edge_columns
from graphvision.nn import MessagePassing, MultiheadAttention
from graphvision.nn.psi import ScaledCopy
from graphvision.nn.readouts import mean_by_area

GLOBAL_CHANNELS = ("virtual", "attention", None)


class GatedSum(nn.Module):
    """``Σ_j σ(e_ji) ⊙ v_j / (Σ_j σ(e_ji) + ε)``; each gate opens an equal part of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = MessagePassing(ScaledCopy(), "sum")

    def forward(
        self, values: Float[Tensor, "n c"], logits: Float[Tensor, "e d"], structure: Structure
    ) -> Float[Tensor, "n c"]:
        """The mean by gates; 0 for a node without edges."""
        gates = torch.sigmoid(logits)
        open_ = gather_reduce(gates, structure.per_edge) + 1e-6
        total: Tensor = self.messages(values, structure.topology, gates)
        parts = total.view(len(values), gates.shape[1], -1) / open_.unsqueeze(2)
        return parts.flatten(1)

    def multiply_adds(self, inputs: Any, output: Tensor) -> int:
        """One per edge and channel."""
        return int(len(inputs[1]) * output.shape[1])


class GatedLayer(nn.Module):
    """One step of messages that also updates the edges.

    > ``ê_ji = A n_i + B n_j + C e_ji``, ``e_ji ← e_ji + ReLU(norm(ê_ji))``,
    > ``n_i ← n_i + ReLU(norm(U n_i + Σ_j σ(ê_ji) ⊙ V n_j / Σ_j σ(ê_ji)))``.

    Args:
        width: features of a node, a multiple of ``edge_width``.
        edge_width: features of an edge; each is the gate of ``width / edge_width`` channels.
        norm: ``"batch"`` or ``"layer"``.
        updates_edges: whether the edges change too; nobody needs it of a last layer whose edges
            nobody reads.

    Raises:
        ValueError: the widths don't divide.

    Source:
        Bresson and Laurent, Residual gated graph ConvNets, 2017, equation 11, with the edge
        features of Dwivedi et al., Benchmarking graph neural networks, 2020, equations 6 to 8.
    """

    def __init__(
        self, width: int, edge_width: int, norm: str, *, updates_edges: bool = True
    ) -> None:
        super().__init__()
        if edge_width < 1 or width % edge_width:
            raise ValueError(f"`edge_width` must divide `width` ({width}), got {edge_width}")
        self.ends = nn.Linear(width, 2 * edge_width)
        self.edge = nn.Linear(edge_width, edge_width, bias=False)
        self.own = nn.Linear(width, width)
        self.value = nn.Linear(width, width, bias=False)
        self.sum = GatedSum()
        self.norm_node = row_norm(norm, width)
        self.norm_edge = row_norm(norm, edge_width) if updates_edges else None

    def forward(self, x: Tensor, edge: Tensor, structure: Structure) -> tuple[Tensor, Tensor]:
        """Nodes and edges, one step on."""
        target, source = self.ends(x).chunk(2, 1)
        logits = target.index_select(0, structure.csr.row) + self.edge(edge)
        logits = logits + source.index_select(0, structure.col)
        inner = self.own(x) + self.sum(self.value(x), logits, structure)
        if self.norm_edge is not None:
            edge = edge + F.relu(self.norm_edge(logits))
        return x + F.relu(self.norm_node(inner)), edge


class VirtualNode(nn.Module):
    """A node that hears all nodes of its image, by their areas, and tells them what it makes of it.

    Args:
        width: features of a node.

    Source:
        Gilmer et al., Neural message passing for quantum chemistry, 2017, section 5.2; one that
        knows areas.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.think = nn.Sequential(
            nn.Linear(width, width), nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, x: Float[Tensor, "n c"], structure: Structure) -> Float[Tensor, "n c"]:
        """The nodes, told."""
        told: Tensor = self.think(mean_by_area(x, structure))
        return x + told.index_select(0, structure.image)


class NodeAttention(nn.Module):
    """Every node attends to all nodes of its image, by their areas.

    Args:
        width: features of a node, a multiple of 4.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = MultiheadAttention(width, 4, batch_first=True)

    def forward(self, x: Float[Tensor, "n c"], structure: Structure) -> Float[Tensor, "n c"]:
        """The nodes with what they found."""
        graph = with_features(structure.graph, self.norm(x))
        found = self.attention(graph, graph, graph, need_weights=False)[0]
        told: Tensor = found.x
        return x + told


def global_channel(kind: str | None, width: int) -> nn.Module | None:
    """A fresh way for all nodes of an image to hear of each other in one step.

    Args:
        kind: ``"virtual"``, ``"attention"`` or None.
        width: features of a node.

    Raises:
        ValueError: there is no such way.
    """
    if kind not in GLOBAL_CHANNELS:
        raise ValueError(f"`global_channel` must be one of {list(GLOBAL_CHANNELS)}, got {kind!r}")
    if kind is None:
        return None
    return VirtualNode(width) if kind == "virtual" else NodeAttention(width)


class GatedStack(nn.Module):
    """Gated layers, one behind the other, each with a global channel or not.

    Args:
        width: features of a node.
        edge_width: features of an edge, a divisor of ``width``.
        depth: number of layers, ≥ 0.
        norm: ``"batch"`` or ``"layer"``.
        channel: ``"virtual"``, ``"attention"`` or None.
        updates_edges: whether the last layer updates the edges, as the others do.
    """

    def __init__(
        self,
        width: int,
        edge_width: int,
        *,
        depth: int,
        norm: str,
        channel: str | None = None,
        updates_edges: bool = True,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            GatedLayer(width, edge_width, norm, updates_edges=updates_edges or place < depth - 1)
            for place in range(depth)
        )
        ways = [global_channel(channel, width) for _ in range(depth)]
        self.ways = nn.ModuleList(way for way in ways if way is not None)

    def forward(self, x: Tensor, edge: Tensor, structure: Structure) -> tuple[Tensor, Tensor]:
        """Nodes and edges, ``depth`` steps on."""
        for place, layer in enumerate(self.layers):
            x, edge = layer(x, edge, structure)
            if len(self.ways):
                x = self.ways[place](x, structure)
        return x, edge


class Embedding(nn.Module):
    """Features of nodes and edges in any units, as features of a network.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge; with 0, the displacement in pixels.
        width: features of a node that come out.
        edge_width: features of an edge that come out.
        norm: ``"batch"`` for inputs standardised by the training batches; ``"layer"``: as they are.
        positions: whether nodes also know where they lie in the image and how large they are.
    """

    def __init__(
        self,
        in_features: int,
        edge_features: int,
        *,
        width: int,
        edge_width: int,
        norm: str,
        positions: bool,
    ) -> None:
        super().__init__()
        self.edge_features, self.positions = edge_features, positions
        nodes, edges = in_features + 3 * positions, edge_features or 2
        self.standardise_nodes = standardisation(norm, nodes)
        self.standardise_edges = standardisation(norm, edges)
        self.nodes = nn.Sequential(
            nn.Linear(nodes, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.edges = nn.Sequential(
            nn.Linear(edges, 2 * edge_width), nn.ReLU(), nn.Linear(2 * edge_width, edge_width)
        )

    def forward(self, x: Float[Tensor, "n f"], structure: Structure) -> tuple[Tensor, Tensor]:
        """Nodes, and edges in rows by target."""
        if self.positions:
            x = torch.cat([x, places(structure).to(x.dtype)], 1)
        edge = self.standardise_edges(edge_columns(structure, self.edge_features))
        return self.nodes(self.standardise_nodes(x)), self.edges(edge)


def places(structure: Structure) -> Float[Tensor, "n 3"]:
    """Where nodes lie, -1 … 1 from border to border, and the root of their share of the image."""
    size = structure.image_size.to(structure.pos.dtype).index_select(0, structure.image)
    centre = 2 * (structure.pos + 0.5) / size - 1
    share = structure.area.to(centre.dtype) / size.prod(1)
    return torch.cat([centre, share.sqrt().unsqueeze(1)], 1)
