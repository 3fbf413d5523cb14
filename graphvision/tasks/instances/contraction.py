"""Objects from edges by greedy additive contraction: the evidence of all edges is weighed."""

from types import ModuleType

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.instances.numbering import number_parts
from graphvision.tasks.instances.pairs import undirected_pairs


def _multicut() -> tuple[ModuleType, ModuleType]:
    try:
        from bioimage_cpp import graph
        from bioimage_cpp.graph import multicut
    except ImportError as error:
        raise ImportError(
            "contract_edges needs the package bioimage-cpp: pip install bioimage-cpp"
        ) from error
    return graph, multicut


def contract_edges(
    logits: Float[Tensor, " e"],
    edge_index: Int[Tensor, "2 e"],
    num_nodes: int,
    *,
    image: Int[Tensor, " n"] | None = None,
    weight: Float[Tensor, " e"] | None = None,
    threshold: float = 0.0,
) -> Int[Tensor, " n"]:
    """Join the two parts with the largest sum of logits between them, until none is above 0.

    Greedy additive edge contraction: a heuristic for the partition with the least
    ``Σ_{e cut} w_e (logit_e − threshold)`` (multicut, correlation clustering), which chooses the
    number of objects by itself.

    Args:
        logits: how sure it is that both ends are of one object: log-odds. Pairs linked by several
            edges (both directions) have the mean of ``w · (logit − threshold)``.
        edge_index: nodes of each edge.
        num_nodes: of the graph or batch.
        image: image of each node, in rising order; None: all of one.
        weight: of each edge, for example the length of its border; 1 by default.
        threshold: is taken off the logits: the larger, the more objects.

    Returns:
        Part of each node, 0, 1, … in each image in the order of their first nodes.

    Raises:
        ImportError: the package ``bioimage-cpp`` isn't installed.
        ValueError: a logit, or its product with the weight, isn't finite.

    Example:
        >>> edges = torch.tensor([[0, 1, 0], [1, 2, 2]])
        >>> contract_edges(torch.tensor([3.0, 1.0, -2.0]), edges, 3).tolist()
        [0, 0, 1]

    Source:
        Keuper et al., "Efficient decomposition of image and mesh graphs by lifted multicuts", ICCV
        2015, algorithm 1, by the package ``bioimage-cpp``; the oracle is a loop over all pairs of
        parts (``test_matches_oracle``).
    """
    graph, multicut = _multicut()
    costs = logits - threshold if weight is None else weight * (logits - threshold)
    wrong = int((~costs.isfinite()).sum())
    if wrong:
        got = f"got NaN or infinity in {wrong} of {len(costs)} edges"
        raise ValueError(f"`logits` must be finite, {got}")
    pairs, values = undirected_pairs(edge_index, costs, num_nodes)
    parts = torch.arange(num_nodes, device=edge_index.device)
    if len(values):
        linked = graph.UndirectedGraph(num_nodes)
        linked.insert_edges(pairs.T.contiguous().cpu().numpy().astype("uint64"))
        objective = multicut.MulticutObjective(linked, values.cpu().numpy())
        found = multicut.GreedyAdditiveMulticut().optimize(objective)
        parts = edge_index.new_tensor(found.astype("int64"))
    return number_parts(parts, image=image)
