"""Edges as pairs of nodes: both directions, and parallel edges, are one."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def undirected_pairs(
    edge_index: Int[Tensor, "2 e"], logits: Float[Tensor, " e"], num_nodes: int
) -> tuple[Int[Tensor, "2 p"], Float[Tensor, " p"]]:
    """Return each pair of linked nodes once, with the mean of its edges' logits in float64.

    Args:
        edge_index: one direction of each edge, or both; loops are left out.
        logits: a number per edge.
        num_nodes: of the graph.

    Returns:
        Pairs (lower, higher) in rising order, and their numbers.

    Example:
        >>> edges = torch.tensor([[0, 1, 2], [1, 0, 2]])
        >>> undirected_pairs(edges, torch.tensor([1.0, 3.0, 9.0]), 3)[1].tolist()
        [2.0]
    """
    low, high = edge_index.min(0).values, edge_index.max(0).values
    real = low != high
    key, pair = (low * num_nodes + high)[real].unique(return_inverse=True)
    values = logits.detach()[real].double()
    sums = values.new_zeros(2, len(key))
    sums.index_add_(1, pair, torch.stack((values, torch.ones_like(values))))
    return torch.stack((key // num_nodes, key % num_nodes)), sums[0] / sums[1]
