"""The window of a padding layer: every output pixel reads one pixel, or none."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.abstract_window import AbstractWindow, Size, per_axis, wrap
from graphvision.graphs.window import PADDING_MODES, check_wrap


@dataclass(frozen=True)
class PaddedWindow(AbstractWindow):
    """An image with a margin, or cut off at its sides.

    Output pixel q reads the input pixel ``q − before`` of every axis, and belongs to its region.
    With ``"zeros"`` pixels of the margin read nothing and belong to no region: painted they are 0,
    and a maximum passes over them.

    Args:
        padding: (before, after) per axis; negative to cut off.
        mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.

    Example:
        >>> window = PaddedWindow.make((1, 2), dims=1, mode="reflect")
        >>> window.sources((3,))[0].tolist()
        [[1, 0, 1, 2, 1, 0]]
    """

    padding: tuple[tuple[int, int], ...]
    mode: str = "zeros"

    @classmethod
    def make(cls, padding: int | Size, *, dims: int, mode: str = "zeros") -> "PaddedWindow":
        """Read torch.nn's forms: one number for all sides, or two per axis, the last axis first.

        Raises:
            ValueError: other numbers, or an unknown mode.
        """
        if mode not in PADDING_MODES:
            raise ValueError(f"`mode` must be one of {list(PADDING_MODES)}, got {mode!r}")
        sides = padding if isinstance(padding, (tuple, list)) else (padding,) * (2 * dims)
        sides = per_axis("padding", sides, 2 * dims, least=-(2**31))
        pairs = [(sides[2 * axis], sides[2 * axis + 1]) for axis in reversed(range(dims))]
        return cls(tuple(pairs), mode)

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.padding)

    @property
    def sides(self) -> Size:
        """The padding in torch's order, the last axis first."""
        return tuple(side for pair in reversed(self.padding) for side in pair)

    def output_size(self, size: Size) -> Size:
        """Per axis ``W + before + after``.

        Raises:
            ValueError: nothing is left, or a margin that doesn't fit the mode.
        """
        self.check_dims(size)
        out = tuple(n + lo + hi for n, (lo, hi) in zip(size, self.padding, strict=True))
        if min(out) < 1:
            raise ValueError(
                f"`padding` must leave pixels of the image, got {self.padding} for {tuple(size)}"
            )
        check_wrap(self.padding, size, self.mode)
        return out

    def sources(self, size: Size) -> list[Int[Tensor, "k o"]]:
        """Per axis, the one input index that each output reads; -1 in a margin of zeros."""
        return [index.unsqueeze(0) for index in self.centres(size)]

    def centres(self, size: Size) -> list[Int[Tensor, " o"]]:
        """Per axis, the same index."""
        rows = zip(self.output_size(size), self.padding, size, strict=True)
        return [wrap(torch.arange(out) - lo, n, self.mode) for out, (lo, _), n in rows]

    def describe(self) -> str:
        """The padding in torch's order."""
        return f"{self.sides}"
