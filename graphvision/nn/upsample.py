"""Interpolation as message passing: ψ = e_ji · n_j with torch's weights, ⊕ = sum."""

from typing import Any

from torch import nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.abstract_window import Size
from graphvision.graphs.resize_window import ResizeWindow
from graphvision.nn.psi import ScaledCopy
from graphvision.nn.windowed_layer import WindowedLayer

_SCALED_COPY = ScaledCopy()


class Upsample(WindowedLayer):
    """``torch.nn.Upsample`` as message passing, and on any partition of an image.

    Every mode of ``torch.nn.functional.interpolate`` but Lanczos. With ``"nearest"`` and a whole
    scale regions just grow. The number of axes is the input's.

    Args:
        size: pixels of the output, for all axes or for each.
        scale_factor: output pixels per input pixel, instead of ``size``.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"linear"``, ``"bilinear"``, ``"trilinear"``,
            ``"bicubic"`` or ``"area"``.
        align_corners: the outermost pixels of input and output lie on each other.
        recompute_scale_factor: use the scale of the rounded sizes.
        antialias: as ``torch.nn.functional.interpolate`` does; the layer of torch's has no such
            argument.
        lower: as in :class:`Conv2d`.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> fine = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> coarse = gv.nn.AvgPool2d(2)(fine)
        >>> gv.nn.Upsample(scale_factor=2, mode="bilinear")(coarse, onto=fine).size_hw
        [(16, 16)]

    Source:
        The oracle is ``torch.nn.functional.interpolate``; on partitions: paint, interpolate, region
        means.
    """

    def __init__(
        self,
        size: int | Size | None = None,
        scale_factor: float | int | tuple[float | int, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
        *,
        antialias: bool = False,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__(None, "sum", lower=lower, backend=backend)
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.antialias = align_corners, antialias
        self.recompute_scale_factor = recompute_scale_factor
        self._windows: dict[int, ResizeWindow] = {}

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> "Upsample":
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no ``torch.nn.Upsample``, ``UpsamplingNearest2d`` or
                ``UpsamplingBilinear2d``.
        """
        if type(module) not in (nn.Upsample, nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d):
            raise ValueError(f"`module` must be a torch.nn.Upsample, got {type(module).__name__}")
        return cls(
            module.size,
            module.scale_factor,
            module.mode,
            module.align_corners,
            module.recompute_scale_factor,
            **options,
        )

    @property
    def psi(self) -> ScaledCopy:
        """The pixel times its weight."""
        return _SCALED_COPY

    def window_of(self, input: Any) -> ResizeWindow:
        """The interpolation of as many axes as the input has."""
        graph = isinstance(input, ImageGraph)
        dims = input.image_size.shape[1] if graph else max(1, input.ndim - 2)
        if dims not in self._windows:
            self._windows[dims] = ResizeWindow.make(
                self.size,
                dims=dims,
                scale_factor=self.scale_factor,
                mode=self.mode,
                align_corners=self.align_corners,
                recompute_scale_factor=self.recompute_scale_factor,
                antialias=self.antialias,
            )
        return self._windows[dims]

    def extra_repr(self) -> str:
        """Size or scale, and mode, as torch prints them."""
        scaled = self.scale_factor is not None
        first = f"scale_factor={self.scale_factor}" if scaled else f"size={self.size}"
        return f"{first}, mode={self.mode!r}" + ("" if self.lower else ", lower=False")
