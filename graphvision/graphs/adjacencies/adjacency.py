"""What every adjacency is: a rule that says which nodes exchange messages."""

from abc import ABC, abstractmethod

from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.describe import described
from graphvision.graphs.nodes import Nodes


class AbstractAdjacency(ABC):
    """A rule that maps nodes to edges."""

    def __repr__(self) -> str:
        return described(self)

    @abstractmethod
    def edges(self, nodes: Nodes, x: Tensor) -> Int[Tensor, "2 e"]:
        """The edges (source j, target i), numbered over the whole batch.

        Args:
            nodes: the regions and their picture.
            x: node features.

        Returns:
            Sorted by target, then source; never between two images; without self-loops unless
            asked for.
        """
