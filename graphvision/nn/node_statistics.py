"""Mean and variance over the pixels that nodes stand for: nodes send to their group, it answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.kernels.gather import Csr, gather_reduce


@dataclass(frozen=True, eq=False)
class Groups:
    """Which nodes share their statistics: consecutive ones, all of a batch or those of an image.

    Attributes:
        ptr: first node of every group and, last, n.
        area: pixels per node (float64).
        backend: of the kernels that sum; see :class:`MessagePassing`.
    """

    ptr: Int[Tensor, " g_plus_1"]
    area: Float[Tensor, " n"]
    backend: str = "auto"

    @cached_property
    def _csr(self) -> Csr:
        return Csr(self.ptr, torch.arange(len(self.area), device=self.ptr.device), len(self.area))

    @property
    def _is_whole(self) -> bool:
        return len(self.ptr) == 2 and self.backend == "auto"

    @cached_property
    def pixels(self) -> Float[Tensor, " g"]:
        """Pixels per group."""
        if self._is_whole:
            return self.area.sum(0, keepdim=True)
        return self.area.new_zeros(len(self.ptr) - 1).index_add_(0, self._csr.row, self.area)

    @cached_property
    def share(self) -> Float[Tensor, " n"]:
        """The part of its group's pixels that every node holds."""
        return self.area / (self.pixels if self._is_whole else self.pixels[self._csr.row])

    @cached_property
    def least(self) -> float:
        """The fewest pixels of any group; read from the device once."""
        return float(self.pixels.min()) if len(self.pixels) else float("inf")

    def mean(self, x: Float[Tensor, "n c"]) -> Float[Tensor, "g c"]:
        """Mean over the pixels of every group; 0 for a group without any."""
        share = self.share.to(x.dtype)
        if self._is_whole:
            return torch.mv(x.T, share).unsqueeze(0)
        return gather_reduce(x, self._csr, share, backend=self.backend)

    def spread(self, values: Float[Tensor, "g c"]) -> Float[Tensor, "n_or_1 c"]:
        """The row of every node's group; one row where there is one group."""
        if self._is_whole:
            return values
        return gather_reduce(values, self._csr.transposed[0], backend=self.backend)


class Standardized(NamedTuple):
    """Features of mean 0 and variance 1 over their group, and what they were before."""

    x: Tensor
    mean: Tensor
    variance: Tensor


def standardize(
    x: Float[Tensor, "n c"], groups: Groups, *, eps: float, channel_groups: int
) -> Standardized:
    """``(x − mean) / √(variance + eps)``, both weighted by area.

    Args:
        x: node features.
        groups: which nodes share their statistics.
        eps: added to the variance.
        channel_groups: how many equal parts of the channels have statistics of their own.

    Returns:
        The features; means and variances (of the population) per group of nodes and channel. All
        are float32 where ``x`` is in half precision.
    """
    x = x.float() if x.dtype.itemsize < 4 else x
    mean = _over_channels(groups.mean(x), channel_groups)
    centred = x - groups.spread(mean)
    variance = _over_channels(groups.mean(centred * centred), channel_groups)
    return Standardized(centred * groups.spread((variance + eps).rsqrt()), mean, variance)


def _over_channels(values: Tensor, channel_groups: int) -> Tensor:
    """Means over the channels of each of ``channel_groups`` equal parts, for every channel."""
    if channel_groups == values.shape[1]:
        return values
    parts = values.unflatten(1, (channel_groups, -1))
    return torch.flatten(parts.mean(2, keepdim=True).expand_as(parts), 1)
