"""The window of a transposed convolution: who reads a pixel becomes what a pixel reads."""

from dataclasses import dataclass, replace
from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.abstract_window import AbstractWindow, Size, per_axis


@dataclass(frozen=True)
class TransposedWindow(AbstractWindow):
    """Kernel, stride, padding, output padding and dilation of a transposed convolution.

    Output pixel q reads, through tap k, the input pixel ``(q + padding − dilation·k) / stride`` of
    every axis, where that is a whole number inside the image: the edges of
    :class:`Window` of the same arguments, turned round. Its region is that of the middle tap,
    rounded down and moved into the image.

    Args:
        kernel_size: taps per axis.
        stride: output pixels from one input pixel to the next, per axis.
        padding: pixels cut off at both ends, per axis.
        output_padding: pixels added at the far end, per axis.
        dilation: distance of neighbouring taps per axis, in output pixels.

    Example:
        >>> window = TransposedWindow.make(4, stride=2, padding=1, dims=2)
        >>> window.output_size((7, 7)), window.centres((3, 3))[0].tolist()
        ((14, 14), [0, 0, 1, 1, 2, 2])
    """

    kernel_size: Size
    stride: Size
    padding: Size
    output_padding: Size
    dilation: Size

    @classmethod
    def make(
        cls,
        kernel_size: int | Size,
        *,
        dims: int,
        stride: int | Size = 1,
        padding: int | Size = 0,
        output_padding: int | Size = 0,
        dilation: int | Size = 1,
    ) -> "TransposedWindow":
        """Read torch.nn's forms: one number for all axes, or one for each.

        Raises:
            ValueError: an argument that is no window, by name.
        """
        made = cls(
            per_axis("kernel_size", kernel_size, dims, least=1),
            per_axis("stride", stride, dims, least=1),
            per_axis("padding", padding, dims, least=0),
            per_axis("output_padding", output_padding, dims, least=0),
            per_axis("dilation", dilation, dims, least=1),
        )
        rows = zip(made.output_padding, made.stride, made.dilation, strict=True)
        if any(extra >= max(step, spread) for extra, step, spread in rows):
            raise ValueError(
                "`output_padding` must be smaller than stride or dilation, "
                f"got {made.output_padding} for {made.stride} and {made.dilation}"
            )
        return made

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.kernel_size)

    @property
    def num_taps(self) -> int:
        """Taps of the whole kernel, in row-major order of their axes."""
        return prod(self.kernel_size)

    @property
    def tap_offsets(self) -> Float[Tensor, "k d"]:
        """Where each tap lies relative to the window's centre, in input pixels."""
        axes = [
            (d * (k - 1) / 2 - torch.arange(k, dtype=torch.float64) * d) / s
            for k, d, s in zip(self.kernel_size, self.dilation, self.stride, strict=True)
        ]
        return torch.cartesian_prod(*axes).reshape(self.num_taps, self.dims)

    def output_size(self, size: Size) -> Size:
        """Per axis ``(W − 1)·S − 2P + D·(K − 1) + O + 1``, with O the output padding.

        Raises:
            ValueError: nothing is left after the padding is cut off.
        """
        self.check_dims(size)
        out = tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
            for n, k, s, p, extra, d in zip(
                size, self.kernel_size, self.stride, self.padding, self.output_padding,
                self.dilation, strict=True,
            )
        )  # fmt: skip
        if min(out) < 1:
            raise ValueError(
                f"`padding` must leave pixels of the output, got {self.padding} for an image of "
                f"size {tuple(size)}"
            )
        return out

    def reaching(self, size: Size, output_size: Size) -> "TransposedWindow":
        """The same window with the output padding that makes ``output_size`` of ``size``.

        Raises:
            ValueError: no output padding does.
        """
        least = replace(self, output_padding=(0,) * self.dims).output_size(size)
        most = tuple(n + s - 1 for n, s in zip(least, self.stride, strict=True))
        wanted = per_axis("output_size", output_size, self.dims, least=1)
        if not all(lo <= n <= hi for lo, n, hi in zip(least, wanted, most, strict=True)):
            raise ValueError(f"`output_size` must lie in {least} to {most}, got {wanted}")
        return self.ending_at(size, wanted)

    def ending_at(self, size: Size, output_size: Size) -> "TransposedWindow":
        """The same window with whatever is added or cut off at the far end for ``output_size``."""
        least = replace(self, output_padding=(0,) * self.dims).output_size(size)
        extra = tuple(n - lo for n, lo in zip(output_size, least, strict=True))
        return replace(self, output_padding=extra)

    def sources(self, size: Size) -> list[Int[Tensor, "k o"]]:
        """Per axis, the input index that tap k of output o reads; -1 where there is nothing."""
        found = []
        for axis, out in enumerate(self.output_size(size)):
            taps = torch.arange(self.kernel_size[axis]) * self.dilation[axis]
            steps = torch.arange(out)[None, :] + self.padding[axis] - taps[:, None]
            index = steps.div(self.stride[axis], rounding_mode="floor")
            here = (steps % self.stride[axis] == 0) & (index >= 0) & (index < size[axis])
            found.append(torch.where(here, index, -1))
        return found

    def centres(self, size: Size) -> list[Int[Tensor, " o"]]:
        """Per axis, what the middle tap reads, rounded down and moved into the image."""
        middles = []
        for axis, out in enumerate(self.output_size(size)):
            half = self.dilation[axis] * ((self.kernel_size[axis] - 1) // 2)
            index = (torch.arange(out) + self.padding[axis] - half) // self.stride[axis]
            middles.append(index.clamp(0, size[axis] - 1))
        return middles

    def describe(self) -> str:
        """Kernel, stride, padding and, where there are some, output padding and dilation."""
        text = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        extra = max(self.output_padding)
        text += f", output_padding={self.output_padding}" if extra else ""
        return text + (f", dilation={self.dilation}" if max(self.dilation) > 1 else "")
