"""The boundary map of a labelling."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def boundary_map(labels: Int[Tensor, "b h w"]) -> Bool[Tensor, "b h w"]:
    """Mark the pixels that have a neighbour (4) of another label: both sides of each boundary.

    Args:
        labels: part of each pixel; negative where not known: no boundary is seen towards there.

    Returns:
        True on boundaries.

    Example:
        >>> boundary_map(torch.tensor([[[0, 0, 1, -1]]])).tolist()
        [[[False, True, True, False]]]

    Source:
        ``skimage.segmentation.find_boundaries`` with ``mode="thick"`` and ``connectivity=1``.
    """
    found = torch.zeros_like(labels, dtype=torch.bool)
    for dim in (1, 2):
        size = labels.shape[dim] - 1
        if size < 1:
            continue
        one, other = labels.narrow(dim, 0, size), labels.narrow(dim, 1, size)
        differ = (one != other) & (one >= 0) & (other >= 0)
        found.narrow(dim, 0, size).logical_or_(differ)
        found.narrow(dim, 1, size).logical_or_(differ)
    return found
