"""Objects from edges by a threshold: what is joined, through any number of edges, is one."""

from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.instances.numbering import number_parts
from graphvision.tasks.instances.pairs import undirected_pairs


def join_edges(
    logits: Float[Tensor, " e"],
    edge_index: Int[Tensor, "2 e"],
    num_nodes: int,
    *,
    image: Int[Tensor, " n"] | None = None,
    threshold: float = 0.0,
) -> Int[Tensor, " n"]:
    """Return the connected parts of the graph of those pairs whose logit is above the threshold.

    One wrong edge merges two objects; :func:`~graphvision.tasks.instances.contract_edges` weighs
    the evidence of all edges between them.

    Args:
        logits: how sure it is that both ends are of one object; pairs linked by several edges (both
            directions) have their mean.
        edge_index: nodes of each edge.
        num_nodes: of the graph or batch.
        image: image of each node, in rising order; None: all of one.
        threshold: 0 is probability ½.

    Returns:
        Part of each node, 0, 1, … in each image in the order of their first nodes.

    Example:
        >>> import torch
        >>> edges = torch.tensor([[0, 1, 2], [1, 2, 3]])
        >>> join_edges(torch.tensor([2.0, -1.0, 0.5]), edges, 4).tolist()
        [0, 0, 1, 1]

    Source:
        ``scipy.sparse.csgraph.connected_components``.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs, values = undirected_pairs(edge_index, logits, num_nodes)
    low, high = pairs[:, values > threshold].cpu().numpy()
    joined = coo_array((low >= 0, (low, high)), shape=(num_nodes, num_nodes))
    parts = connected_components(joined, directed=False)[1]
    return number_parts(edge_index.new_tensor(parts), image=image)
