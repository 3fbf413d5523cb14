"""The window of adaptive pooling: as many windows per axis as the output has pixels."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.abstract_window import AbstractWindow, Size


@dataclass(frozen=True)
class AdaptiveWindow(AbstractWindow):
    """Windows that divide an axis of W pixels into O parts, which may overlap by a pixel.

    Output pixel q reads the input pixels from ``⌊q·W/O⌋`` to before ``⌈(q + 1)·W/O⌉`` and divides
    by how many of them are not ignored: one part for a whole masked image is the mean over what the
    mask leaves. It belongs to the region of the pixel in the middle or, where that one is ignored,
    of the first that isn't.

    Args:
        output: pixels per axis, ≥ 1; None for as many as the input has.

    Example:
        >>> window = AdaptiveWindow.make((None, 2), dims=2)
        >>> window.output_size((4, 5)), window.sources((4, 5))[1].T.tolist()
        ((4, 2), [[0, 1, 2], [2, 3, 4]])
    """

    output: tuple[int | None, ...]
    skips_ignored: ClassVar[bool] = True

    @classmethod
    def make(
        cls, output_size: int | tuple[int | None, ...] | None, *, dims: int
    ) -> "AdaptiveWindow":
        """Read torch.nn's forms: one number (or None) for all axes, or one for each.

        Raises:
            ValueError: a size below 1, or not one for each axis.
        """
        one = output_size is None or isinstance(output_size, int)
        sizes: tuple[Any, ...] = (output_size,) * dims if one else tuple(output_size)  # type: ignore[arg-type]
        fits = all(n is None or (isinstance(n, int) and n >= 1) for n in sizes)
        if len(sizes) != dims or not fits:
            raise ValueError(
                f"`output_size` must be {dims} integers of at least 1 or None, got {output_size!r}"
            )
        return cls(sizes)

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.output)

    @property
    def weighted(self) -> bool:
        """Always: by one over the pixels read."""
        return True

    def output_size(self, size: Size) -> Size:
        """The size asked for."""
        self.check_dims(size)
        return tuple(n if o is None else o for o, n in zip(self.output, size, strict=True))

    def sources(self, size: Size) -> list[Int[Tensor, "k o"]]:
        """Per axis, the input indices of each part; -1 where a part is shorter than the longest."""
        pairs = zip(size, self.output_size(size), strict=True)
        return [part_reads(n, out) for n, out in pairs]

    def centres(self, size: Size) -> list[Int[Tensor, " o"]]:
        """Per axis, the middle of each part."""
        return [part_middles(index) for index in self.sources(size)]

    def factors(self, size: Size) -> list[Float[Tensor, "k o"]]:
        """Per axis, one over the length of each part."""
        return [part_shares(index) for index in self.sources(size)]

    def describe(self) -> str:
        """The output size, as torch prints it."""
        return f"output_size={self.output}"


def part_reads(length: int, parts: int) -> Int[Tensor, "k o"]:
    """What each of ``parts`` equal parts of an axis reads; -1 behind its end."""
    part = torch.arange(parts)
    start = part * length // parts
    end = ((part + 1) * length + parts - 1) // parts
    index = start + torch.arange(int((end - start).max()))[:, None]
    return torch.where(index < end, index, -1)


def part_shares(index: Int[Tensor, "k o"]) -> Float[Tensor, "k o"]:
    """One over the number of pixels that each output reads."""
    return (1.0 / (index >= 0).sum(0).double()).expand(index.shape)


def part_middles(index: Int[Tensor, "k o"]) -> Int[Tensor, " o"]:
    """The pixel in the middle of what each output reads, the first of two."""
    return (index[0] + index.amax(0)) // 2
