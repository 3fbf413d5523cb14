"""Any label map as a partition."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.partitions.partition import AbstractPartition
from graphvision.kernels.components import connected_components

_SPARSE = 4  # numbers per pixel up to which a table of all of them is made


class Labels(AbstractPartition):
    """The regions of a label map, from whatever segmenter.

    Used labels become 0…n-1 in increasing order, unused numbers vanish. A label whose pixels don't
    hang together (4-connected) stays one node, or with ``disconnected="split"`` becomes one node
    for each piece, in raster order of their first pixels.

    Args:
        label_map: integers ``[h, w]`` or ``[b, h, w]``, tensor or NumPy array.
        ignore: pixels of this label belong to no node; None: every number is a label.
        disconnected: ``"keep"`` or ``"split"``.

    Raises:
        ValueError: no integers, a wrong shape, or an unknown ``disconnected``.

    Example:
        >>> import torch
        >>> label_map = torch.tensor([[7, 3, 7, -1]])
        >>> Labels(label_map).assign(torch.zeros(1, 1, 1, 4)).tolist()
        [[[1, 0, 1, -1]]]
        >>> Labels(label_map, disconnected="split").assign(torch.zeros(1, 1, 1, 4)).tolist()
        [[[1, 0, 2, -1]]]
    """

    def __init__(
        self, label_map: Any, *, ignore: int | None = -1, disconnected: str = "keep"
    ) -> None:
        if disconnected not in ("keep", "split"):
            raise ValueError(f"`disconnected` must be 'keep' or 'split', got {disconnected!r}")
        array = label_map.cpu().numpy() if isinstance(label_map, Tensor) else np.asarray(label_map)
        if array.dtype.kind not in "iub" or array.ndim not in (2, 3):
            raise ValueError(
                "`label_map` must hold integers in shape (h, w) or (b, h, w), "
                f"got {array.dtype} in shape {array.shape}"
            )
        self.label_map = torch.from_numpy(array.astype(np.int64))
        self.ignore = ignore
        self.disconnected = disconnected

    def assign(self, image: Tensor) -> Int[Tensor, "b h w"]:
        """See :meth:`AbstractPartition.assign`."""
        shape = (len(image), *image.shape[2:])
        if tuple(self.label_map.shape) not in (shape, shape[1:]):
            raise ValueError(
                f"`label_map` must have shape {shape[1:]} or {shape}, "
                f"got {tuple(self.label_map.shape)}"
            )
        labels = self.label_map.expand(shape)
        valid = torch.ones_like(labels, dtype=torch.bool)
        if self.ignore is not None:
            valid = labels != self.ignore
        rank = _dense(labels, valid)
        if self.disconnected == "split":
            rank = _dense(_pieces(rank, valid), valid)
        return rank.to(image.device)


def _dense(labels: Tensor, valid: Tensor) -> Tensor:
    """Ranks of the used labels within each image; -1 outside ``valid``."""
    if not bool(valid.any()):
        return torch.full_like(labels, -1)
    used = labels[valid] if not bool(valid.all()) else labels
    low, high = int(used.min()), int(used.max())
    if high - low < _SPARSE * labels[0].numel():
        place, count = (labels - low).clamp_(0, high - low), high - low + 1
    else:  # too few numbers of too wide a range for a table
        names, place = torch.unique(labels, return_inverse=True)
        count = len(names)
    place += torch.arange(len(labels)).view(-1, 1, 1) * count
    seen = torch.zeros(len(labels) * count, dtype=torch.bool)
    seen[place[valid] if used is not labels else place.flatten()] = True
    rank = seen.view(len(labels), count).cumsum(1) - 1
    return torch.where(valid, rank.flatten()[place], -1)


def _pieces(labels: Tensor, valid: Tensor) -> Tensor:
    """Connected pieces, numbered by label, then by first pixel."""
    piece = connected_components(labels.masked_fill(~valid, -1))
    return labels * (int(piece.max()) + 1) + piece
