"""How an image becomes a graph, as plain settings that can be hashed."""

from dataclasses import asdict, dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs import superpixel_graph


@dataclass(frozen=True)
class Recipe:
    """Settings of :func:`graphvision.superpixel_graph` for a whole data set.

    Attributes:
        n_segments: superpixels that are asked for, ≥ 1.
        compactness: weight of the distance in the plane against the distance in colour, > 0.
        exact: give every image exactly ``n_segments`` nodes.
        adjacency: which regions are neighbours.
        node_features: names of the node features, or ``"all"``.
        edge_features: names of the edge features, or ``"all"``.

    Example:
        >>> Recipe(n_segments=50).settings()["n_segments"]
        50
    """

    n_segments: int = 75
    compactness: float = 10.0
    exact: bool = True
    adjacency: str = "border"
    node_features: str | tuple[str, ...] = "all"
    edge_features: str | tuple[str, ...] = "all"

    def settings(self) -> dict[str, Any]:
        """The recipe as plain values.

        Returns:
            Keyword arguments of :func:`graphvision.superpixel_graph`.

        Example:
            >>> Recipe().settings()["exact"]
            True
        """
        return asdict(self)

    def build(self, images: Float[Tensor, "b c h w"]) -> Batch:
        """The graphs of a batch of images.

        Args:
            images: values in 0 … 1.

        Returns:
            A batch of ``ImageGraph``.

        Example:
            >>> import torch
            >>> Recipe(n_segments=9).build(torch.rand(2, 1, 12, 12)).num_nodes
            18
        """
        return superpixel_graph(images, **self.settings())
