"""Padding as message passing: every pixel of the output hears of one pixel, or of none."""

from math import inf
from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.abstract_window import Size
from graphvision.graphs.padded_window import PaddedWindow
from graphvision.nn.layout import check_image
from graphvision.nn.painted import painted
from graphvision.nn.psi import ScaledCopy
from graphvision.nn.windowed_layer import WindowedLayer, check_torch_class

_SCALED_COPY = ScaledCopy()


class _Pad(WindowedLayer):
    dims: int
    mode: str
    torch_class: type[Any]

    def __init__(self, padding: int | Size, *, lower: bool = True, backend: str = "auto") -> None:
        window = PaddedWindow.make(padding, dims=self.dims, mode=self.mode)
        super().__init__(window, "sum", lower=lower, backend=backend)

    @property
    def psi(self) -> ScaledCopy:
        """The pixel itself; of a region, its share."""
        return _SCALED_COPY

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        return cls(module.padding, **options)


class _ConstantPad(_Pad):
    mode = "zeros"
    window: PaddedWindow

    def __init__(
        self, padding: int | Size, value: float | int, *, lower: bool = True, backend: str = "auto"
    ) -> None:
        super().__init__(padding, lower=lower, backend=backend)
        self.value = value

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        return cls(module.padding, module.value, **options)

    def forward(self, input: Any, onto: ImageGraph | None = None) -> Any:  # type: ignore[override]
        """Pad an image or graph; as in every layer with a window."""
        if self.value == 0:
            return super().forward(input, onto)
        if not isinstance(input, ImageGraph):
            check_image(input, None, self.dims)
            return self._filled(input)
        if self.value == -inf and onto is None:  # ignored pixels are just that for a maximum
            return super().forward(input)
        nearest = PaddedWindow(self.window.padding, "replicate")
        return painted(self._filled, input, window=nearest, onto=onto)

    def _filled(self, image: Tensor) -> Tensor:
        return F.pad(image, self.window.sides, value=self.value)


class ZeroPad1d(_Pad):
    """``torch.nn.ZeroPad1d`` as message passing."""

    dims, mode, torch_class = 1, "zeros", nn.ZeroPad1d


class ZeroPad2d(_Pad):
    """``torch.nn.ZeroPad2d`` as message passing.

    On a partition the margin belongs to no region: a convolution reads zeros there, as from its
    own padding, and a maximum passes over it.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.patch_graph(torch.rand(3, 8, 8), patch_size=4)
        >>> padded = gv.nn.ZeroPad2d(1)(graph)
        >>> padded.size_hw, padded.num_nodes
        ([(10, 10)], 4)
    """

    dims, mode, torch_class = 2, "zeros", nn.ZeroPad2d


class ZeroPad3d(_Pad):
    """``torch.nn.ZeroPad3d`` as message passing."""

    dims, mode, torch_class = 3, "zeros", nn.ZeroPad3d


class ReflectionPad1d(_Pad):
    """``torch.nn.ReflectionPad1d`` as message passing."""

    dims, mode, torch_class = 1, "reflect", nn.ReflectionPad1d


class ReflectionPad2d(_Pad):
    """``torch.nn.ReflectionPad2d`` as message passing.

    On a partition every pixel of the margin belongs to the region that it is a copy of.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.ReflectionPad2d((1, 0, 0, 0))(torch.arange(4.0).view(1, 2, 2))
        tensor([[[1., 0., 1.],
                 [3., 2., 3.]]])
    """

    dims, mode, torch_class = 2, "reflect", nn.ReflectionPad2d


class ReflectionPad3d(_Pad):
    """``torch.nn.ReflectionPad3d`` as message passing."""

    dims, mode, torch_class = 3, "reflect", nn.ReflectionPad3d


class ReplicationPad1d(_Pad):
    """``torch.nn.ReplicationPad1d`` as message passing."""

    dims, mode, torch_class = 1, "replicate", nn.ReplicationPad1d


class ReplicationPad2d(_Pad):
    """``torch.nn.ReplicationPad2d`` as message passing."""

    dims, mode, torch_class = 2, "replicate", nn.ReplicationPad2d


class ReplicationPad3d(_Pad):
    """``torch.nn.ReplicationPad3d`` as message passing."""

    dims, mode, torch_class = 3, "replicate", nn.ReplicationPad3d


class CircularPad1d(_Pad):
    """``torch.nn.CircularPad1d`` as message passing."""

    dims, mode, torch_class = 1, "circular", nn.CircularPad1d


class CircularPad2d(_Pad):
    """``torch.nn.CircularPad2d`` as message passing."""

    dims, mode, torch_class = 2, "circular", nn.CircularPad2d


class CircularPad3d(_Pad):
    """``torch.nn.CircularPad3d`` as message passing."""

    dims, mode, torch_class = 3, "circular", nn.CircularPad3d


class ConstantPad1d(_ConstantPad):
    """``torch.nn.ConstantPad1d``, on any partition too; see :class:`ConstantPad2d`."""

    dims, torch_class = 1, nn.ConstantPad1d


class ConstantPad2d(_ConstantPad):
    """``torch.nn.ConstantPad2d``, on any partition too.

    A value that is neither 0 nor -infinity is painted: the margin belongs to the nearest regions,
    whose means it enters.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.ConstantPad2d((1, 0, 0, 0), 5.0)(torch.arange(4.0).view(1, 2, 2))
        tensor([[[5., 0., 1.],
                 [5., 2., 3.]]])
    """

    dims, torch_class = 2, nn.ConstantPad2d


class ConstantPad3d(_ConstantPad):
    """``torch.nn.ConstantPad3d``, on any partition too; see :class:`ConstantPad2d`."""

    dims, torch_class = 3, nn.ConstantPad3d
