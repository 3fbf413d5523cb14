"""Numbers of parts: in the order of their first nodes, within each image."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def number_parts(
    parts: Int[Tensor, " n"],
    *,
    image: Int[Tensor, " n"] | None = None,
    objects: Bool[Tensor, " n"] | None = None,
) -> Int[Tensor, " n"]:
    """Number the parts of each image anew, 0, 1, … or, where only some are objects, 1, 2, ….

    Args:
        parts: a number per node, equal within a part; parts of two images are two.
        image: image of each node, in rising order; None: all of one.
        objects: nodes that belong to objects. The others get 0, and don't hold a part together in
            any way that they didn't before.

    Returns:
        Numbers in the order of the parts' first nodes in the image.

    Example:
        >>> parts = torch.tensor([7, 3, 7, 5])
        >>> number_parts(parts).tolist()
        [0, 1, 0, 2]
        >>> number_parts(parts, objects=parts != 3).tolist()
        [1, 0, 1, 2]
    """
    chosen = torch.ones_like(parts, dtype=torch.bool) if objects is None else objects
    found = torch.zeros_like(parts)
    start = 0 if objects is None else 1
    if not bool(chosen.any()):
        return found
    image = torch.zeros_like(parts) if image is None else image
    _, dense = parts.unique(return_inverse=True)
    key = (image * (dense.max() + 1) + dense)[chosen]
    _, part = key.unique(return_inverse=True)
    node = torch.arange(len(parts), device=parts.device)[chosen]
    first = torch.full_like(part, len(parts)).scatter_reduce(0, part, node, "amin")
    first = first[: int(part.max()) + 1]
    order = first.argsort()
    rank = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
    before = image[first[order]]  # images of the parts, in the order of their first nodes
    per_image = before.bincount(minlength=int(image.max()) + 1)
    offset = per_image.cumsum(0) - per_image
    found[chosen] = rank[part] - offset[image[chosen]] + start
    return found
