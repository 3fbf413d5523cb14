"""What every layer that reads an image through a window has in common: one table per axis."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

Size = tuple[int, ...]


class AbstractWindow(ABC):
    """Which input pixels each output pixel reads, axis by axis.

    Output pixel (q_1, …, q_d) reads, for every choice (k_1, …, k_d) of one tap per axis, the pixel
    ``(sources_1[k_1, q_1], …)`` times ``factors_1[k_1, q_1] · …``, and belongs to the region of the
    pixel ``(centres_1[q_1], …)``. Subclasses are frozen and hashable: caches go by them.

    Attributes:
        skips_ignored: pixels that are ignored don't count: an output pixel is divided by the pixels
            that it reads and that are not ignored, and it is ignored only where there are none.
    """

    skips_ignored: ClassVar[bool] = False

    @property
    @abstractmethod
    def dims(self) -> int:
        """Number of axes."""

    @property
    def num_taps(self) -> int:
        """Taps that a kernel can have a matrix for; 0 where what is read has no such numbering."""
        return 0

    @property
    def tap_offsets(self) -> Float[Tensor, "k d"] | None:
        """Where each tap lies relative to the window's centre, in input pixels."""
        return None

    @property
    def weighted(self) -> bool:
        """Whether there are factors."""
        return False

    @abstractmethod
    def output_size(self, size: Size) -> Size:
        """Size of the output for an input of ``size``.

        Raises:
            ValueError: the window doesn't fit.
        """

    @abstractmethod
    def sources(self, size: Size) -> list[Int[Tensor, "k o"]]:
        """Per axis, the input index that tap k of output o reads; -1 where there is nothing."""

    @abstractmethod
    def centres(self, size: Size) -> list[Int[Tensor, " o"]]:
        """Per axis, the input index whose region output o belongs to; -1 for none."""

    def factors(self, size: Size) -> list[Float[Tensor, "k o"]] | None:
        """Per axis, what the pixel read by tap k of output o is multiplied by; None for 1."""
        return None

    @abstractmethod
    def describe(self) -> str:
        """The window's arguments, as torch prints them."""

    def check_dims(self, size: Size) -> None:
        """Refuse a size with other axes.

        Raises:
            ValueError: ``size`` hasn't as many axes as the window.
        """
        if len(size) != self.dims:
            raise ValueError(f"`size` must have {self.dims} axes, got {tuple(size)}")


def per_axis(name: str, value: int | Size, dims: int, *, least: int) -> Size:
    """One whole number for all axes, or one for each.

    Raises:
        ValueError: other numbers, by name.
    """
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,) * dims
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in numbers)
    if len(numbers) != dims or not whole or any(n < least for n in numbers):
        raise ValueError(f"`{name}` must be {dims} integers of at least {least}, got {value!r}")
    return numbers


def wrap(index: Tensor, length: int, mode: str) -> Tensor:
    """Where a padded axis reads: indices outside 0…length-1 folded back by the padding mode."""
    if mode == "replicate":
        return index.clamp(0, length - 1)
    if mode == "circular":
        return index.remainder(length)
    if mode == "reflect":
        period = max(1, 2 * (length - 1))
        folded = index.remainder(period)
        return torch.minimum(folded, period - folded)
    return index.masked_fill((index < 0) | (index >= length), -1)
