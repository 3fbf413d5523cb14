"""Rectangular patches."""

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.partitions.partition import AbstractPartition, lattice_labels


class Patches(AbstractPartition):
    """Rectangles of one size, in raster order; the last of a row or column may be smaller.

    Args:
        patch_size: side in pixels, or (height, width).

    Raises:
        ValueError: a side that is no integer ≥ 1.

    Example:
        >>> import torch
        >>> Patches(2).assign(torch.zeros(1, 1, 2, 3)).tolist()
        [[[0, 0, 1], [0, 0, 1]]]
    """

    def __init__(self, patch_size: int | tuple[int, int] = 16) -> None:
        sides = patch_size if isinstance(patch_size, tuple) else (patch_size, patch_size)
        if len(sides) != 2 or any(isinstance(s, bool) or not isinstance(s, int) for s in sides):
            raise ValueError(f"`patch_size` must be an integer or two, got {patch_size!r}")
        if min(sides) < 1:
            raise ValueError(f"`patch_size` must be at least 1, got {patch_size!r}")
        self.patch_size = sides

    def _cells(self, size: torch.Size) -> tuple[int, int]:
        (h, w), (ph, pw) = size, self.patch_size
        return -(-h // ph), -(-w // pw)

    def assign(self, image: Tensor) -> Int[Tensor, "b h w"]:
        """See :meth:`AbstractPartition.assign`."""
        (h, w), (ph, pw) = image.shape[2:], self.patch_size
        rows = torch.arange(h, device=image.device).unsqueeze(1) // ph
        columns = torch.arange(w, device=image.device) // pw
        labels = rows * self._cells(image.shape[2:])[1] + columns
        return labels.expand(len(image), h, w)

    def lattice(self, labels: Int[Tensor, "b h w"]) -> Int[Tensor, "b *cells"]:
        """See :meth:`AbstractPartition.lattice`."""
        cells = lattice_labels(len(labels), self._cells(labels.shape[1:]))
        return cells.to(labels.device)
