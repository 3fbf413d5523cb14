"""Superpixels by SLIC."""

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.partitions.partition import AbstractPartition, as_mask
from graphvision.kernels.slic import slic


class Superpixels(AbstractPartition):
    """Compact regions of similar colour, by :func:`graphvision.kernels.slic.slic`.

    Args:
        n_segments: how many to aim at, 1…pixels.
        compactness: weight of place against colour.
        exact: give exactly ``n_segments`` for every image with as many valid pixels.
        mask: ``[h, w]`` or ``[b, h, w]`` bool; False pixels are ignored (-1). An image without
            valid pixels gets no node.
        **options: passed on to the op (``max_iter``, ``min_size_factor``, ``convert_lab``, …).

    Example:
        >>> import torch
        >>> labels = Superpixels(4, exact=True).assign(torch.rand(2, 3, 8, 8))
        >>> labels.shape, labels.flatten(1).amax(1).tolist()
        (torch.Size([2, 8, 8]), [3, 3])
    """

    def __init__(
        self,
        n_segments: int = 75,
        compactness: float | int = 10.0,
        *,
        exact: bool = False,
        mask: Any = None,
        **options: Any,
    ) -> None:
        self.n_segments = n_segments
        self.compactness = compactness
        self.exact = exact
        self.mask = mask
        self.options = options

    def assign(self, image: Tensor) -> Int[Tensor, "b h w"]:
        """See :meth:`AbstractPartition.assign`."""
        mask = as_mask(self.mask, len(image), tuple(image.shape[2:]))
        if mask is None or bool(mask.flatten(1).any(1).all()):
            return self._slic(image, mask)
        filled = mask.flatten(1).any(1).to(image.device)
        labels = torch.full_like(mask, -1, dtype=torch.int64, device=image.device)
        if bool(filled.any()):
            labels[filled] = self._slic(image[filled], mask[filled.cpu()])
        return labels

    def _slic(self, image: Tensor, mask: Tensor | None) -> Tensor:
        return slic(
            image.detach(), self.n_segments, float(self.compactness),
            exact=self.exact, mask=mask, **self.options,
        )  # fmt: skip
