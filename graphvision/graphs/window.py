"""A sliding window: which input pixel each tap of each output pixel reads."""

from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.abstract_window import AbstractWindow, Size, per_axis, wrap

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


@dataclass(frozen=True)
class Window(AbstractWindow):
    """Kernel, stride, padding and dilation of a convolution or pooling, in any dimension.

    Output pixel q reads, through tap k, the input pixel ``stride·q − padding + dilation·k`` of
    every axis. Outside the image there is nothing, or what the padding mode says.

    Args:
        kernel_size: taps per axis.
        stride: step per axis.
        padding: (before, after) per axis.
        dilation: distance of neighbouring taps per axis.
        padding_mode: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        ceil_mode: count windows that start inside the image but end outside it.
        divisor: what a pooled sum is divided by: ``None`` (nothing), ``"window"`` (taps inside the
            padded image), ``"valid"`` (taps inside the image) or a number.

    Example:
        >>> window = Window.make(5, stride=2, padding=2, dims=2)
        >>> window.output_size((28, 28)), window.num_taps
        ((14, 14), 25)
    """

    kernel_size: Size
    stride: Size
    padding: tuple[tuple[int, int], ...]
    dilation: Size
    padding_mode: str = "zeros"
    ceil_mode: bool = False
    divisor: Literal["window", "valid"] | int | None = None

    @classmethod
    def make(
        cls,
        kernel_size: int | Size,
        *,
        dims: int,
        stride: int | Size = 1,
        padding: int | Size | str = 0,
        dilation: int | Size = 1,
        padding_mode: str = "zeros",
        ceil_mode: bool = False,
        divisor: Literal["window", "valid"] | int | None = None,
    ) -> "Window":
        """Read torch.nn's forms: one number for all axes, ``"same"`` and ``"valid"`` padding.

        Raises:
            ValueError: an argument that is no window, by name.
        """
        kernel = per_axis("kernel_size", kernel_size, dims, least=1)
        steps = per_axis("stride", stride, dims, least=1)
        spread = per_axis("dilation", dilation, dims, least=1)
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"`padding_mode` must be one of {list(PADDING_MODES)}, got {padding_mode!r}"
            )
        pads = _pads(padding, kernel, spread, stride=steps)
        return cls(kernel, steps, pads, spread, padding_mode, ceil_mode, divisor)

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.kernel_size)

    @property
    def num_taps(self) -> int:
        """Taps of the whole window, in row-major order of their axes."""
        return prod(self.kernel_size)

    @property
    def tap_offsets(self) -> Float[Tensor, "k d"]:
        """Where each tap lies relative to the window's centre, in pixels."""
        axes = [
            torch.arange(k, dtype=torch.float64) * d - d * (k - 1) / 2
            for k, d in zip(self.kernel_size, self.dilation, strict=True)
        ]
        return torch.cartesian_prod(*axes).reshape(self.num_taps, self.dims)

    def output_size(self, size: Size) -> Size:
        """The course's formula per axis, ``⌊(W − K + 2P)/S⌋ + 1`` with K the dilated extent.

        Raises:
            ValueError: the window doesn't fit into the padded image.
        """
        self.check_dims(size)
        out = tuple(self._axis_output(a, n) for a, n in enumerate(size))
        if min(out) < 1:
            raise ValueError(
                f"`kernel_size` {self.kernel_size} with dilation {self.dilation} must fit into the "
                f"padded image, got an image of size {tuple(size)} padded by {self.padding}"
            )
        check_wrap(self.padding, size, self.padding_mode)
        return out

    def _axis_output(self, axis: int, length: int) -> int:
        before, after = self.padding[axis]
        extent = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
        stride = self.stride[axis]
        room = length + before + after - extent + (stride - 1 if self.ceil_mode else 0)
        out = room // stride + 1
        if self.ceil_mode and (out - 1) * stride >= length + before:
            out -= 1
        return out

    def _starts(self, axis: int, length: int) -> Int[Tensor, " o"]:
        steps = torch.arange(self._axis_output(axis, length))
        return steps * self.stride[axis] - self.padding[axis][0]

    def sources(self, size: Size) -> list[Int[Tensor, "k o"]]:
        """Per axis, the input index that tap k of output o reads; -1 where there is nothing."""
        self.output_size(size)
        found = []
        for axis, length in enumerate(size):
            taps = torch.arange(self.kernel_size[axis]) * self.dilation[axis]
            index = taps[:, None] + self._starts(axis, length)[None, :]
            found.append(wrap(index, length, self.padding_mode))
        return found

    def centres(self, size: Size) -> list[Int[Tensor, " o"]]:
        """Per axis, the input index at each window's centre, clamped into the image."""
        self.output_size(size)
        middles = []
        for axis, length in enumerate(size):
            half = self.dilation[axis] * ((self.kernel_size[axis] - 1) // 2)
            middles.append((self._starts(axis, length) + half).clamp(0, length - 1))
        return middles

    @property
    def weighted(self) -> bool:
        """Whether sums are divided."""
        return self.divisor is not None

    def factors(self, size: Size) -> list[Float[Tensor, "k o"]] | None:
        """Per axis, one over what the sum over each window is divided by; None for nothing."""
        if self.divisor is None:
            return None
        found = []
        for axis, index in enumerate(self.sources(size)):
            if isinstance(self.divisor, int):
                divisor = torch.tensor(self.divisor if axis == 0 else 1)
            elif self.divisor == "valid":
                divisor = (index >= 0).sum(0)
            else:
                divisor = self._padded_extent(axis, size[axis])
            found.append((1.0 / divisor.double()).expand(index.shape))
        return found

    def describe(self) -> str:
        """Kernel, stride, padding and, where there is one, dilation."""
        padding = tuple(lo if lo == hi else (lo, hi) for lo, hi in self.padding)
        text = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={padding}"
        return text + (f", dilation={self.dilation}" if max(self.dilation) > 1 else "")

    def _padded_extent(self, axis: int, length: int) -> Int[Tensor, " o"]:
        start = self._starts(axis, length)
        end = (start + self.kernel_size[axis]).clamp(max=length + self.padding[axis][1])
        return end - start


def check_wrap(padding: tuple[tuple[int, int], ...], size: Size, mode: str) -> None:
    """Refuse margins that the mode would have to fold back more than once.

    Raises:
        ValueError: a margin that is longer than the image has pixels to fill it with.
    """
    wraps = {"reflect": 0, "circular": 1}.get(mode)
    if wraps is not None and any(
        max(pair) >= n + wraps for pair, n in zip(padding, size, strict=True)
    ):
        raise ValueError(
            f"`padding` must be smaller than the image for padding_mode {mode!r}, "
            f"got {padding} for size {tuple(size)}"
        )


def _pads(
    padding: int | Size | str, kernel: Size, dilation: Size, *, stride: Size
) -> tuple[tuple[int, int], ...]:
    if not isinstance(padding, str):
        return tuple((p, p) for p in per_axis("padding", padding, len(kernel), least=0))
    if padding not in ("same", "valid"):
        raise ValueError(f"`padding` must be integers, 'same' or 'valid', got {padding!r}")
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if any(s != 1 for s in stride):
        raise ValueError(f"`padding='same'` needs stride 1, got {stride}")
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((t // 2, t - t // 2) for t in total)
