"""Contrastive loss over edges: embeddings of one object come together, others part."""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from graphvision.tasks.losses.weighted_mean import element_weight, weighted_mean


def contrastive(
    embedding: Float[Tensor, "n d"],
    edge_index: Int[Tensor, "2 e"],
    same: Shaped[Tensor, " e"],
    *,
    margin: float = 1.0,
    weight: Float[Tensor, " e"] | None = None,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over edges of ``½ d²`` within objects and ``½ max(0, m − d)²`` between them.

    d is the distance of the embeddings at the edge's two ends.

    Args:
        embedding: one row per node.
        edge_index: the two nodes of each edge.
        same: 1 where both are of one object, else 0.
        margin: m, the distance from which nodes of two objects are far enough apart, above 0.
        weight: of every edge, from 0; see :func:`~graphvision.tasks.losses.class_balance`.
        ignore_index: ``same`` of edges that don't count.

    Returns:
        A scalar; 0 with gradient 0 where no edge counts. Equal embeddings, whose distance has no
        derivative, give each other gradient 0.

    Raises:
        ValueError: ``weight`` doesn't have one number per edge.

    Example:
        >>> embedding, edges = torch.tensor([[0.0], [0.0], [0.5]]), torch.tensor([[0, 1], [1, 2]])
        >>> float(contrastive(embedding, edges, torch.tensor([1, 0])))  # mean of 0 and ½ · ½²
        0.0625

    Source:
        Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping",
        CVPR 2006, equation 4, over the edges of a graph.
    """
    known = same != ignore_index
    square = (embedding[edge_index[0]] - embedding[edge_index[1]]).square().sum(1)
    apart = square > 0
    distance = square.where(apart, 1).sqrt().where(apart, 0)
    values = torch.where(same > 0.5, square, F.relu(margin - distance).square()) / 2
    return weighted_mean(values, element_weight(known, weight, embedding))
