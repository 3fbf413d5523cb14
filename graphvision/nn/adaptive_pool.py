"""Adaptive pooling as message passing: ψ = n_j, ⊕ = mean or max over as many windows as asked."""

from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.graphs.adaptive_window import AdaptiveWindow
from graphvision.nn.maximum import AbstractMaximum
from graphvision.nn.psi import ScaledCopy
from graphvision.nn.windowed_layer import WindowedLayer, check_torch_class

OutputSize = int | None | tuple[int | None, ...]
_POOLS: Any = {
    1: F.adaptive_max_pool1d_with_indices,
    2: F.adaptive_max_pool2d_with_indices,
    3: F.adaptive_max_pool3d_with_indices,
}
_SCALED_COPY = ScaledCopy()


class _AdaptiveAvgPool(WindowedLayer):
    dims: int
    torch_class: type[Any]

    def __init__(
        self, output_size: OutputSize, *, lower: bool = True, backend: str = "auto"
    ) -> None:
        window = AdaptiveWindow.make(output_size, dims=self.dims)
        super().__init__(window, "sum", lower=lower, backend=backend)

    @property
    def psi(self) -> ScaledCopy:
        """The pixel, divided by how many there are."""
        return _SCALED_COPY

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        return cls(module.output_size, **options)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """``torch.nn.AdaptiveAvgPool1d`` as message passing; see :class:`AdaptiveAvgPool2d`."""

    dims, torch_class = 1, nn.AdaptiveAvgPool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """``torch.nn.AdaptiveAvgPool2d`` as message passing, and on any partition of an image.

    Means are taken over pixels that aren't ignored, so that size 1 gives the mean over all nodes,
    weighted by area.

    Args:
        output_size: pixels per axis; None for as many as the input has.
        lower: as in :class:`Conv2d`.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.AdaptiveAvgPool2d((1, 2))(torch.arange(16.0).view(1, 1, 4, 4))
        tensor([[[[6.5000, 8.5000]]]])
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> gv.nn.AdaptiveAvgPool2d(1)(graph).x.shape
        torch.Size([1, 3])
    """

    dims, torch_class = 2, nn.AdaptiveAvgPool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """``torch.nn.AdaptiveAvgPool3d`` as message passing; see :class:`AdaptiveAvgPool2d`."""

    dims, torch_class = 3, nn.AdaptiveAvgPool3d


class _AdaptiveMaxPool(AbstractMaximum):
    window: AdaptiveWindow

    def __init__(
        self,
        output_size: OutputSize,
        return_indices: bool = False,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        window = AdaptiveWindow.make(output_size, dims=self.dims)
        super().__init__(window, "max", lower=lower, backend=backend)
        self.return_indices = return_indices

    def _by_torch(self, image: Tensor) -> tuple[Tensor, Tensor]:
        size = self.window.output_size(tuple(image.shape[2:]))
        pair: tuple[Tensor, Tensor] = _POOLS[self.dims](image, size)
        return pair

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        return cls(module.output_size, module.return_indices, **options)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """``torch.nn.AdaptiveMaxPool1d`` as message passing; see :class:`AdaptiveMaxPool2d`."""

    dims, torch_class = 1, nn.AdaptiveMaxPool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """``torch.nn.AdaptiveMaxPool2d`` as message passing: ψ = n_j, ⊕ = max over each part.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.AdaptiveMaxPool2d((1, 2))(torch.arange(16.0).view(1, 1, 4, 4))
        tensor([[[[13., 15.]]]])
    """

    dims, torch_class = 2, nn.AdaptiveMaxPool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """``torch.nn.AdaptiveMaxPool3d`` as message passing; see :class:`AdaptiveMaxPool2d`."""

    dims, torch_class = 3, nn.AdaptiveMaxPool3d
