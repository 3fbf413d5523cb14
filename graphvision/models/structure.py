"""Who sends to whom in a batch, where it lies, and to which image it belongs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.topology import Edges, Topology, edge_topology
from graphvision.kernels.gather import Csr


@dataclass(frozen=True, eq=False)
class Pairs:
    """Nodes that are joined, each pair once, whichever way its edges go.

    Attributes:
        ends: the nodes of every pair, the smaller first.
        of_edge: the pair of every edge, in the order of the rows.
        edges: the edges of every pair.
    """

    ends: Int[Tensor, "2 p"]
    of_edge: Int[Tensor, " e"]
    edges: Csr


@dataclass(frozen=True, eq=False)
class Structure:
    """A batch of graphs without its features, as networks of several scales hand it on.

    Attributes:
        topology: the edges in rows by target.
        order: place of every edge of the rows in ``edge_index``; None for the same place.
        node_ptr: first node of every image and, last, the number of nodes.
        pos: centres in pixels.
        area: pixels per node.
        image_size: of every image.
        graph: the graph itself; None where nodes were merged.
    """

    topology: Topology
    order: Int[Tensor, " e"] | None
    node_ptr: Int[Tensor, " b_plus_1"]
    pos: Float[Tensor, "n axes"]
    area: Float[Tensor, " n"]
    image_size: Int[Tensor, "b axes"]
    graph: Any = None

    @classmethod
    def of(cls, graph: Any) -> "Structure":
        """The structure of an ``ImageGraph`` or a batch of them."""
        nodes = len(graph.x)
        edges = edge_topology(graph.edge_index, nodes).edges
        return cls(
            topology=Topology(nodes, nodes, lambda: Edges(edges.csr)),
            order=edges.order,
            node_ptr=graph.node_ptr,
            pos=graph.pos,
            area=graph.area,
            image_size=graph.image_size,
            graph=graph,
        )

    @property
    def csr(self) -> Csr:
        """The edges."""
        return self.topology.edges.csr

    @cached_property
    def col(self) -> Int[Tensor, " e"]:
        """The source of every edge, int64."""
        return self.csr.col.long()

    @cached_property
    def per_edge(self) -> Csr:
        """The edges themselves as what their targets receive."""
        count = len(self.csr.col)
        each = torch.arange(count, device=self.csr.col.device, dtype=self.csr.col.dtype)
        return Csr(self.csr.rowptr, each, count)

    @cached_property
    def image(self) -> Int[Tensor, " n"]:
        """The image of every node."""
        images = torch.arange(len(self.image_size), device=self.pos.device)
        return images.repeat_interleave(self.node_ptr.diff(), output_size=len(self.pos))

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs of joined nodes."""
        count = max(1, self.topology.num_targets)
        low, high = torch.minimum(self.col, self.csr.row), torch.maximum(self.col, self.csr.row)
        key, of_edge = torch.unique(low * count + high, return_inverse=True)
        ends = torch.stack([key // count, key % count])
        return Pairs(ends, of_edge, Csr.from_groups(of_edge, len(key)))

    def displacement(self) -> Float[Tensor, "e axes"]:
        """From the target to the source of every edge, in pixels."""
        return self.pos.index_select(0, self.col) - self.pos.index_select(0, self.csr.row)

    def rows(self, of_edges: Tensor) -> Tensor:
        """From the order of ``edge_index`` to that of the rows."""
        return of_edges if self.order is None else of_edges.index_select(0, self.order)

    def listed(self, rows: Tensor) -> Tensor:
        """From the order of the rows to that of ``edge_index``."""
        return rows if self.order is None else rows.index_select(0, self.order.argsort())


def edge_columns(structure: Structure, edge_features: int) -> Float[Tensor, "e d"]:
    """What networks read of every edge: its features, or else the displacement in pixels.

    Args:
        structure: of a graph that wasn't merged.
        edge_features: columns of ``edge_attr``; 0 for the displacement.

    Returns:
        Floating columns in the order of the rows.
    """
    graph = structure.graph
    columns = structure.rows(graph.edge_attr) if edge_features else structure.displacement()
    return columns.to(graph.x.dtype)
