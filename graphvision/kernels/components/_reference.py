"""Connected pieces in plain torch: the least pixel of a piece spreads to all of it."""

import torch
from torch import Tensor


def components(labels: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.components.connected_components`."""
    valid = labels >= 0
    first = torch.arange(labels.numel(), device=labels.device).view(labels.shape)
    down = (labels[:, 1:] == labels[:, :-1]) & valid[:, 1:]
    right = (labels[:, :, 1:] == labels[:, :, :-1]) & valid[:, :, 1:]
    while True:
        spread = first.clone()
        for joined, axis in ((down, 1), (right, 2)):
            size = labels.shape[axis] - 1
            one, other = spread.narrow(axis, 0, size), spread.narrow(axis, 1, size)
            least = torch.where(joined, torch.minimum(one, other), labels.numel())
            one.copy_(torch.minimum(one, least))
            other.copy_(torch.minimum(other, least))
        spread = spread.flatten()[spread]  # what the least pixel has found since counts for all
        if torch.equal(spread, first):
            break
        first = spread
    out = torch.full_like(labels, -1)
    for image, (root, inside) in enumerate(zip(first, valid, strict=True)):
        out[image][inside] = torch.unique(root[inside], return_inverse=True)[1]
    return out
