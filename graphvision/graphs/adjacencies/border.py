"""Regions that touch."""

from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.adjacencies.adjacency import AbstractAdjacency
from graphvision.graphs.nodes import Nodes


class SharedBorder(AbstractAdjacency):
    """Connects nodes that own 4-connected neighbouring pixels: the region adjacency graph.

    Args:
        loops: connect every node to itself too.

    Example:
        >>> import torch, graphvision as gv
        >>> labels = gv.Labels(torch.tensor([[0, 0, 1], [2, 2, 2]]))
        >>> gv.image_graph(torch.rand(1, 2, 3), labels, SharedBorder()).edge_index.tolist()
        [[1, 2, 0, 2, 0, 1], [0, 0, 1, 1, 2, 2]]
    """

    def __init__(self, *, loops: bool = False) -> None:
        self.loops = loops

    def edges(self, nodes: Nodes, x: Tensor) -> Int[Tensor, "2 e"]:
        """See :meth:`AbstractAdjacency.edges`."""
        found = nodes.borders.edge_index
        return nodes.with_loops(found) if self.loops else found
