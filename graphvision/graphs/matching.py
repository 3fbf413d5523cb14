"""Joining nodes in pairs, the best first."""

import torch
from jaxtyping import Int, Num
from torch import Tensor


def match_nodes(
    ends: Int[Tensor, "2 p"], cost: Num[Tensor, " p"], num_nodes: int
) -> Int[Tensor, " n"]:
    """Greedy matching: join the pair of least cost, then the least of those that are still free, ….

    All pairs that are cheaper than every pair beside them are joined at once, again and again,
    which gives the same result as one after the other.

    Args:
        ends: two nodes per pair; a node with itself is no pair.
        cost: of every pair; of equal ones the first comes first.
        num_nodes: n.

    Returns:
        For every node the smaller number of the two that it forms a pair with, or its own.

    Raises:
        ValueError: an end outside the nodes.

    Example:
        >>> ends = torch.tensor([[0, 1, 2], [1, 2, 3]])
        >>> match_nodes(ends, torch.tensor([2.0, 1.0, 2.0]), 5).tolist()
        [0, 1, 1, 3, 4]

    Source:
        Preis, Linear time 1/2-approximation algorithm for maximum weighted matching in general
        graphs, 1999 (locally dominant pairs); coarsening by it as in Graclus: Dhillon, Guan and
        Kulis, 2007. The oracle is a loop over the sorted pairs (``test_matches_oracle``).
    """
    if ends.numel() and (ends.min() < 0 or ends.max() >= num_nodes):
        raise ValueError(
            f"`ends` must lie in 0…{num_nodes - 1}, got {int(ends.min())}…{int(ends.max())}"
        )
    first = torch.arange(num_nodes, device=ends.device)
    order = torch.argsort(cost, stable=True)
    low, high = ends[:, order[ends[0, order] != ends[1, order]]]
    free = torch.ones(num_nodes, dtype=torch.bool, device=ends.device)
    while len(low):
        rank = torch.arange(len(low), device=ends.device)
        best = torch.full((num_nodes,), len(low), device=ends.device)
        best.scatter_reduce_(0, low, rank, "amin").scatter_reduce_(0, high, rank, "amin")
        joined = (best[low] == rank) & (best[high] == rank)
        a, b = low[joined], high[joined]
        first[torch.maximum(a, b)] = torch.minimum(a, b)
        free[a], free[b] = False, False
        left = free[low] & free[high]
        low, high = low[left], high[left]
    return first
