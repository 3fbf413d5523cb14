"""Every pixel a node."""

from typing import Any

from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.partitions.partition import AbstractPartition, as_mask, lattice_labels


class Pixels(AbstractPartition):
    """Every pixel is a node, in raster order.

    Args:
        mask: ``[h, w]`` or ``[b, h, w]`` bool; False pixels are ignored (-1).

    Example:
        >>> import torch
        >>> Pixels().assign(torch.zeros(1, 3, 2, 2)).tolist()
        [[[0, 1], [2, 3]]]
        >>> Pixels(torch.tensor([[False, True]])).assign(torch.zeros(1, 1, 1, 2)).tolist()
        [[[-1, 0]]]
    """

    def __init__(self, mask: Any = None) -> None:
        self.mask = mask

    def assign(self, image: Tensor) -> Int[Tensor, "b *size"]:
        """See :meth:`AbstractPartition.assign`."""
        size = tuple(image.shape[2:])
        mask = as_mask(self.mask, len(image), size)
        return lattice_labels(len(image), size, mask).to(image.device)

    def lattice(self, labels: Int[Tensor, "b *size"]) -> Int[Tensor, "b *cells"]:
        """See :meth:`AbstractPartition.lattice`."""
        return labels
