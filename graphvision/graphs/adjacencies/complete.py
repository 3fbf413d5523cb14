"""All pairs."""

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.adjacencies.adjacency import AbstractAdjacency
from graphvision.graphs.nodes import Nodes


class Complete(AbstractAdjacency):
    """Connects every node to every other node of its image.

    Args:
        loops: connect every node to itself too.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.image_graph(torch.rand(1, 1, 3), gv.Pixels(), Complete())
        >>> graph.edge_index.tolist()
        [[1, 2, 0, 2, 0, 1], [0, 0, 1, 1, 2, 2]]
    """

    def __init__(self, *, loops: bool = False) -> None:
        self.loops = loops

    def edges(self, nodes: Nodes, x: Tensor) -> Int[Tensor, "2 e"]:
        """See :meth:`AbstractAdjacency.edges`."""
        ptr, batch = nodes.regions.ptr, nodes.regions.batch
        first = ptr[batch]
        degree = ptr[batch + 1] - first - (0 if self.loops else 1)
        row = torch.arange(len(batch), device=batch.device)
        target = row.repeat_interleave(degree)
        rank = torch.arange(len(target), device=batch.device)
        rank -= (degree.cumsum(0) - degree)[target]
        source = rank + first[target]
        if not self.loops:
            source += source >= target
        return torch.stack([source, target])
