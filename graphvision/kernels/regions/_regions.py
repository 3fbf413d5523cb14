"""A batch of label maps, and which pixels belong to each region."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels._starts import starts
from graphvision.kernels.gather import Csr


@dataclass(frozen=True, eq=False)
class Regions:
    """Label maps of b images, with what every op on regions needs, computed once.

    Attributes:
        labels: the region of every pixel, ``[b, *size]`` int64, 0…n_b-1 in each image, -1 ignored.
        backend: which implementation the ops on these regions use.

    Example:
        >>> regions = Regions(torch.tensor([[[0, 0, 1], [0, -1, 1]]]))
        >>> regions.num_regions, regions.csr.degree.tolist(), regions.csr.col.tolist()
        (2, [3, 2], [0, 1, 3, 2, 5])
    """

    labels: Int[Tensor, "b *size"]
    backend: str = "auto"

    @property
    def size(self) -> tuple[int, ...]:
        """Spatial size of every image."""
        return tuple(self.labels.shape[1:])

    @cached_property
    def ptr(self) -> Int[Tensor, " b_plus_1"]:
        """First region of every image and, last, the number of regions."""
        counts = self.labels.flatten(1).amax(1) + 1
        return starts(counts)

    @cached_property
    def num_regions(self) -> int:
        """Regions of the whole batch."""
        return int(self.ptr[-1])

    @cached_property
    def batch(self) -> Int[Tensor, " n"]:
        """The image of every region."""
        images = torch.arange(len(self.labels), device=self.labels.device)
        return images.repeat_interleave(self.ptr.diff(), output_size=self.num_regions)

    @cached_property
    def global_labels(self) -> Int[Tensor, " p"]:
        """Region numbers over the whole batch, flattened; ignored pixels stay -1."""
        shift = self.ptr[:-1].view(-1, *[1] * len(self.size))
        return torch.where(self.labels >= 0, self.labels + shift, self.labels).flatten()

    @cached_property
    def csr(self) -> Csr:
        """Rows are regions, columns the pixels of each (over the whole batch) in raster order."""
        sort: Any = fast("region_pixels", self.backend, self.labels) or _sorted_pixels
        csr: Csr = sort(self)
        return csr


def _sorted_pixels(regions: Regions) -> Csr:
    labels = regions.global_labels
    order = torch.argsort(labels, stable=True)
    order = order[int((labels < 0).sum()) :]
    return Csr.from_sorted(labels[order], order, regions.num_regions, len(labels))
