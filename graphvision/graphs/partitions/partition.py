"""What every partition is: a rule that gives each pixel a node."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.describe import described


class AbstractPartition(ABC):
    """A rule that maps pixels to nodes.

    Attributes:
        ndim: spatial dimensions of the images it takes.
    """

    ndim: int = 2

    def __repr__(self) -> str:
        return described(self)

    @abstractmethod
    def assign(self, image: Tensor) -> Int[Tensor, "b *size"]:
        """The node of every pixel of ``[b, c, *size]``.

        Returns:
            Labels 0…n_b-1 in each image, every one used; -1 where a pixel is ignored.
        """

    def lattice(self, labels: Int[Tensor, "b *size"]) -> Int[Tensor, "b *cells"] | None:
        """The nodes laid out on a regular grid of cells (-1: a hole), or None where there is none.

        Args:
            labels: what :meth:`assign` gave.
        """
        return None


def lattice_labels(
    batch: int, size: tuple[int, ...], mask: Tensor | None = None
) -> Int[Tensor, "b *size"]:
    """Number the places of a grid in raster order, those outside ``mask`` left out (-1)."""
    if mask is None:
        count = torch.Size(size).numel()
        return torch.arange(count).view(1, *size).expand(batch, *size)
    rank = mask.flatten(1).long().cumsum(1).view(mask.shape) - 1
    return torch.where(mask, rank, -1)


def as_mask(mask: object, batch: int, size: tuple[int, ...]) -> Tensor | None:
    """Check a mask and repeat it for every image, ``[b, *size]`` bool; None stays None.

    Raises:
        ValueError: wrong type, dtype or shape.
    """
    if mask is None:
        return None
    found = torch.as_tensor(mask)
    if found.dtype != torch.bool:
        raise ValueError(f"`mask` must be boolean, got {str(found.dtype)[6:]}")
    if tuple(found.shape) not in (size, (1, *size), (batch, *size)):
        raise ValueError(
            f"`mask` must have shape {size} or {(batch, *size)}, got {tuple(found.shape)}"
        )
    return found.view(-1, *size).expand(batch, *size)
