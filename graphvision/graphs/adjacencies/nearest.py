"""The nearest nodes."""

from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.adjacencies.adjacency import AbstractAdjacency
from graphvision.graphs.nodes import Nodes
from graphvision.kernels.knn import nearest_edges


class KNearest(AbstractAdjacency):
    """Every node receives from the k nodes of its image that are nearest to it.

    Args:
        k: how many; where an image has no more nodes than that, all the others.
        by: ``"position"`` (centroids) or ``"feature"`` (the rows of ``x``), by Euclidean distance;
            of nodes equally far the lower number is nearer.
        loops: count a node among its own neighbours.

    Raises:
        ValueError: ``k`` below 1 or an unknown ``by``.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.image_graph(torch.rand(1, 1, 4), gv.Pixels(), KNearest(1))
        >>> graph.edge_index.tolist()
        [[1, 0, 1, 2], [0, 1, 2, 3]]
    """

    def __init__(self, k: int = 8, *, by: str = "position", loops: bool = False) -> None:
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ValueError(f"`k` must be an integer of at least 1, got {k!r}")
        if by not in ("position", "feature"):
            raise ValueError(f"`by` must be 'position' or 'feature', got {by!r}")
        self.k = k
        self.by = by
        self.loops = loops

    def edges(self, nodes: Nodes, x: Tensor) -> Int[Tensor, "2 e"]:
        """See :meth:`AbstractAdjacency.edges`."""
        points = nodes.pos if self.by == "position" else x
        regions = nodes.regions
        return nearest_edges(
            points.detach(), regions.ptr, self.k, loops=self.loops, backend=regions.backend
        )
