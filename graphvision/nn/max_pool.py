"""Max pooling as message passing: ψ = n_j, ⊕ = max."""

from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.graphs.abstract_window import Size
from graphvision.graphs.window import Window
from graphvision.nn.maximum import AbstractMaximum
from graphvision.nn.pool import Sizes, half_a_window
from graphvision.nn.windowed_layer import check_torch_class

_POOLS: Any = {
    1: F.max_pool1d_with_indices,
    2: F.max_pool2d_with_indices,
    3: F.max_pool3d_with_indices,
}


class _MaxPool(AbstractMaximum):
    window: Window

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        window = Window.make(
            kernel_size,
            dims=self.dims,
            stride=kernel_size if stride is None else stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
        )
        super().__init__(half_a_window(window), "max", lower=lower, backend=backend)
        self.return_indices = return_indices

    def _by_torch(self, image: Tensor) -> tuple[Tensor, Tensor]:
        window = self.window
        padding: Size = tuple(lo for lo, _ in window.padding)
        shape = (window.kernel_size, window.stride, padding, window.dilation, window.ceil_mode)
        pair: tuple[Tensor, Tensor] = _POOLS[self.dims](image, *shape)
        return pair

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        args = (module.kernel_size, module.stride, module.padding, module.dilation)
        return cls(*args, module.return_indices, module.ceil_mode, **options)


class MaxPool1d(_MaxPool):
    """``torch.nn.MaxPool1d`` as message passing: ψ = n_j, ⊕ = max."""

    dims, torch_class = 1, nn.MaxPool1d


class MaxPool2d(_MaxPool):
    """``torch.nn.MaxPool2d`` as message passing: ψ = n_j, ⊕ = max.

    On a partition a node receives the maximum over every region that any window of its own region
    touches.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.MaxPool2d(2)(torch.arange(16.0).view(1, 1, 4, 4)).flatten()
        tensor([ 5.,  7., 13., 15.])
    """

    dims, torch_class = 2, nn.MaxPool2d


class MaxPool3d(_MaxPool):
    """``torch.nn.MaxPool3d`` as message passing: ψ = n_j, ⊕ = max."""

    dims, torch_class = 3, nn.MaxPool3d
