"""Power-average pooling: the p-th root of the sum of p-th powers."""

from typing import Any

import torch
from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.nn.painted import painted
from graphvision.nn.pool import AvgPool1d, AvgPool2d, AvgPool3d, Sizes
from graphvision.nn.windowed_layer import check_torch_class

_AVERAGES: Any = {1: AvgPool1d, 2: AvgPool2d, 3: AvgPool3d}


class _LPPool(nn.Module):
    """``(K · mean_j n_j^p)^(1/p)`` with K pixels per window: what torch calls the sum of powers."""

    dims: int
    torch_class: type[Any]

    def __init__(
        self,
        norm_type: float | int,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        ceil_mode: bool = False,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        average = _AVERAGES[self.dims]
        options = {"ceil_mode": ceil_mode, "lower": lower, "backend": backend}
        self.mean = average(kernel_size, stride, **options)

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        args = (module.norm_type, module.kernel_size, module.stride, module.ceil_mode)
        return cls(*args, **options)

    def forward(self, input: Any, onto: ImageGraph | None = None) -> Any:
        """Apply the layer.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.
            onto: as in every layer with a window.

        Raises:
            ValueError: wrong shape, or a window that doesn't fit.
        """
        if isinstance(input, ImageGraph):  # the mean over a region doesn't go past the root
            return painted(self._on_image, input, window=self.mean.window, onto=onto)
        return self._on_image(input)

    def _on_image(self, image: Tensor) -> Tensor:
        power: Tensor = self.mean(image.pow(self.norm_type))
        total = (torch.sign(power) * torch.relu(power.abs())).mul(self.mean.window.num_taps)
        return total.pow(1.0 / self.norm_type)

    def extra_repr(self) -> str:
        """The power."""
        return f"norm_type={self.norm_type}"


class LPPool1d(_LPPool):
    """``torch.nn.LPPool1d`` as message passing; see :class:`LPPool2d`."""

    dims, torch_class = 1, nn.LPPool1d


class LPPool2d(_LPPool):
    """``torch.nn.LPPool2d`` as message passing: ψ = n_j^p, ⊕ = sum, φ = the p-th root.

    On a graph it is painted: the mean over a region of a root is not the root of the mean.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.LPPool2d(2, 2)(torch.ones(1, 1, 4, 4)).flatten()
        tensor([2., 2., 2., 2.])
    """

    dims, torch_class = 2, nn.LPPool2d


class LPPool3d(_LPPool):
    """``torch.nn.LPPool3d`` as message passing; see :class:`LPPool2d`."""

    dims, torch_class = 3, nn.LPPool3d
