"""The window of an interpolation: a few input pixels around each output pixel's place."""

from dataclasses import dataclass
from math import ceil

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.abstract_window import AbstractWindow, Size, per_axis
from graphvision.graphs.adaptive_window import part_middles, part_reads, part_shares

MODES = ("nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area")
Table = tuple[Tensor, Tensor | None]  # what is read, and its factors


@dataclass(frozen=True)
class ResizeWindow(AbstractWindow):
    """Size or scale, mode and corners of an interpolation, with torch's formulas for the indices.

    Output pixel q lies at ``s·(q + ½) − ½`` of the input, with ``s = W/O``, or at
    ``q·(W − 1)/(O − 1)`` with aligned corners. It reads the pixel there (``"nearest"``), the two
    beside it (linear) or four (cubic), and belongs to the region of the nearest.

    Args:
        output: pixels per axis, or None.
        scale: output pixels per input pixel and axis, where ``output`` is None.
        mode: as ``torch.nn.functional.interpolate`` names them.
        align_corners: the first and the last pixels of input and output lie on each other.
        exact_scale: the scale given is used as it is, not that of the rounded sizes.
        antialias: read as many pixels as an output pixel covers (``"bilinear"``, ``"bicubic"``).

    Example:
        >>> window = ResizeWindow.make(scale_factor=2, mode="linear", dims=1)
        >>> index, factor = window.sources((3,))[0], window.factors((3,))[0]
        >>> index.T.tolist()[:3], factor.T.tolist()[:3]
        ([[0, 1], [0, 1], [0, 1]], [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75]])
    """

    output: Size | None
    scale: tuple[float, ...] | None
    mode: str = "nearest"
    align_corners: bool = False
    exact_scale: bool = True
    antialias: bool = False

    @classmethod
    def make(
        cls,
        size: int | Size | None = None,
        *,
        dims: int,
        scale_factor: float | int | tuple[float | int, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
        antialias: bool = False,
    ) -> "ResizeWindow":
        """Read the arguments of ``torch.nn.functional.interpolate``.

        Raises:
            ValueError: not exactly one of size and scale, a mode for another number of axes, or
                an option that the mode hasn't.
        """
        if (size is None) == (scale_factor is None):
            raise ValueError(
                f"`size` or `scale_factor` must be given, got {size} and {scale_factor}"
            )
        axes = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}.get(mode, dims)
        if mode not in MODES or axes != dims:
            raise ValueError(f"`mode` must be one for {dims} axes of {list(MODES)}, got {mode!r}")
        if align_corners is not None and mode in ("nearest", "nearest-exact", "area"):
            raise ValueError(f"`align_corners` must be None for mode {mode!r}, got {align_corners}")
        if antialias and mode not in ("bilinear", "bicubic"):
            raise ValueError(f"`antialias` must be False for mode {mode!r}, got True")
        scale = None if scale_factor is None else _scales(scale_factor, dims)
        return cls(
            None if size is None else per_axis("size", size, dims, least=1),
            scale,
            mode,
            bool(align_corners),
            not recompute_scale_factor,
            antialias,
        )

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.output or self.scale or ())

    @property
    def weighted(self) -> bool:
        """Wherever more than one pixel is read."""
        return not self.mode.startswith("nearest")

    def output_size(self, size: Size) -> Size:
        """The size asked for, or ``⌊W · scale⌋`` per axis.

        Raises:
            ValueError: nothing is left.
        """
        self.check_dims(size)
        if self.output is not None:
            return self.output
        out = tuple(int(n * s) for n, s in zip(size, self.scale or (), strict=True))
        if min(out) < 1:
            raise ValueError(
                f"`scale_factor` must leave pixels of the image, got {self.scale} for {tuple(size)}"
            )
        return out

    def sources(self, size: Size) -> list[Int[Tensor, "k o"]]:
        """Per axis, the input indices that are read; twice the same at the borders."""
        return [index for index, _ in self._tables(size)]

    def factors(self, size: Size) -> list[Float[Tensor, "k o"]] | None:
        """Per axis, the weights of the interpolation."""
        found = [factor for _, factor in self._tables(size) if factor is not None]
        return found or None

    def centres(self, size: Size) -> list[Int[Tensor, " o"]]:
        """Per axis, the input index that is nearest, the lower of two."""
        if self.mode.startswith("nearest"):
            return [index[0] for index, _ in self._tables(size)]
        if self.mode == "area":
            return [part_middles(index) for index, _ in self._tables(size)]
        return [
            (place - 0.5).ceil().long().clamp(0, size[axis] - 1)
            for axis, (place, _) in enumerate(self._places(size))
        ]

    def _tables(self, size: Size) -> list[Table]:
        if self.mode == "area":
            reads = [part_reads(n, o) for n, o in zip(size, self.output_size(size), strict=True)]
            return [(index, part_shares(index)) for index in reads]
        if self.mode.startswith("nearest"):
            return [self._nearest(a, size) for a in range(self.dims)]
        cubic = self.mode == "bicubic"
        if self.antialias:
            places = zip(self._places(size), size, strict=True)
            return [_smooth(place, step, length=n, cubic=cubic) for (place, step), n in places]
        form = _cubic if cubic else _linear
        return [form(p, n) for (p, _), n in zip(self._places(size), size, strict=True)]

    def _step(self, axis: int, length: int, out: int) -> float:
        if self.scale is not None and self.exact_scale:
            return 1.0 / self.scale[axis]
        return length / out

    def _nearest(self, axis: int, size: Size) -> Table:
        out = self.output_size(size)[axis]
        if out == size[axis]:  # whatever the scale was; some of torch's kernels pass over this
            return torch.arange(out).unsqueeze(0), None
        step = torch.tensor(self._step(axis, size[axis], out), dtype=torch.float32)
        shift = 0.5 if self.mode == "nearest-exact" else 0.0
        index = ((torch.arange(out) + shift).float() * step).floor().long()
        return index.clamp(max=size[axis] - 1).unsqueeze(0), None

    def _places(self, size: Size) -> list[tuple[Float[Tensor, " o"], float]]:
        """Per axis, where each output pixel lies, and how far it is from one to the next."""
        found = []
        for axis, (length, out) in enumerate(zip(size, self.output_size(size), strict=True)):
            pixel = torch.arange(out, dtype=torch.float64)
            step = self._step(axis, length, out)
            if self.align_corners:
                step = (length - 1) / (out - 1) if out > 1 else 0.0
            if out == length:
                found.append((pixel, 1.0))
            elif self.align_corners and not self.antialias:  # torch's antialiasing doesn't align
                found.append((pixel * step, step))
            else:
                found.append(((pixel + 0.5) * step - 0.5, step))
        return found

    def describe(self) -> str:
        """Size or scale, and mode."""
        first = f"size={self.output}" if self.output else f"scale_factor={self.scale}"
        return f"{first}, mode={self.mode!r}"


def _scales(scale: float | int | tuple[float | int, ...], dims: int) -> tuple[float, ...]:
    scales = tuple(scale) if isinstance(scale, (tuple, list)) else (scale,) * dims
    if len(scales) != dims or min(scales) <= 0:
        raise ValueError(f"`scale_factor` must be {dims} positive numbers, got {scale}")
    return tuple(float(s) for s in scales)


def _linear(place: Tensor, length: int) -> Table:
    place = place.clamp(min=0)
    low = place.floor().long().clamp(max=length - 1)
    share = (place - low).clamp(0, 1)
    return torch.stack([low, (low + 1).clamp(max=length - 1)]), torch.stack([1 - share, share])


def _cubic(place: Tensor, length: int) -> Table:
    low = place.floor()
    taps = torch.arange(-1, 3)[:, None]
    index = (low.long() + taps).clamp(0, length - 1)
    return index, _cubic_weight(place - low - taps, -0.75)


def _cubic_weight(distance: Tensor, steepness: float) -> Tensor:
    x, a = distance.abs(), steepness
    inner = ((a + 2) * x - (a + 3)) * x * x + 1
    outer = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return torch.where(x <= 1, inner, torch.where(x < 2, outer, 0.0))


def _smooth(place: Tensor, step: float, *, length: int, cubic: bool) -> Table:
    """Antialiased: the filter is as wide as an output pixel covers of the input."""
    width = max(step, 1.0)
    support = (2.0 if cubic else 1.0) * width
    start = (place - support + 1).long().clamp(min=0)
    end = (place + support + 1).long().clamp(max=length)
    index = start + torch.arange(ceil(support) * 2 + 1)[:, None]
    distance = (index - place) / width
    weight = _cubic_weight(distance, -0.5) if cubic else (1 - distance.abs()).clamp(min=0)
    weight = torch.where(index < end, weight, 0.0)
    return torch.where(index < end, index, -1), weight / weight.sum(0)
