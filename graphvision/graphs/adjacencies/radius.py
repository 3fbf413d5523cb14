"""Nodes within a distance."""

from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.adjacencies.adjacency import AbstractAdjacency
from graphvision.graphs.nodes import Nodes
from graphvision.kernels.knn import radius_edges


class Radius(AbstractAdjacency):
    """Connects nodes whose centroids are at most ``radius_px`` apart.

    Args:
        radius_px: largest distance, in pixels.
        loops: connect every node to itself too.

    Raises:
        ValueError: a radius that is negative or no number.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.image_graph(torch.rand(1, 1, 3), gv.Pixels(), Radius(1.0)).edge_index.tolist()
        [[1, 0, 2, 1], [0, 1, 1, 2]]
    """

    def __init__(self, radius_px: float | int, *, loops: bool = False) -> None:
        if not radius_px >= 0:
            raise ValueError(f"`radius_px` must be at least 0, got {radius_px!r}")
        self.radius_px = float(radius_px)
        self.loops = loops

    def edges(self, nodes: Nodes, x: Tensor) -> Int[Tensor, "2 e"]:
        """See :meth:`AbstractAdjacency.edges`."""
        regions = nodes.regions
        return radius_edges(
            nodes.pos.detach(), regions.ptr, self.radius_px,
            loops=self.loops, backend=regions.backend,
        )  # fmt: skip
