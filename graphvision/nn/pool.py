"""Average and sum pooling as message passing: ψ = n_j over what the sum is divided by, ⊕ = sum."""

from typing import Any, Literal

from torch import nn

from graphvision.graphs.abstract_window import Size
from graphvision.graphs.window import Window
from graphvision.nn.psi import ScaledCopy
from graphvision.nn.windowed_layer import WindowedLayer, check_torch_class

Sizes = int | Size
_SCALED_COPY = ScaledCopy()


def half_a_window(window: Window) -> Window:
    """The window of a pooling.

    Raises:
        ValueError: it is padded by more than half of itself.
    """
    if any(2 * lo > k for (lo, _), k in zip(window.padding, window.kernel_size, strict=True)):
        raise ValueError(
            f"`padding` must be at most half of kernel_size {window.kernel_size}, "
            f"got {tuple(lo for lo, _ in window.padding)}"
        )
    return window


class _SumOfWindow(WindowedLayer):
    """ψ = e_ji · n_j, ⊕ = sum; the topology's weights hold the divisor."""

    dims: int
    torch_class: type[Any]

    @property
    def psi(self) -> ScaledCopy:
        """The pixel, divided by the window's divisor."""
        return _SCALED_COPY


class _AvgPool(_SumOfWindow):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        if divisor_override == 0:
            raise ValueError("`divisor_override` must not be zero, got 0")
        usual: Literal["window", "valid"] = "window" if count_include_pad else "valid"
        window = Window.make(
            kernel_size,
            dims=self.dims,
            stride=kernel_size if stride is None else stride,
            padding=padding,
            ceil_mode=ceil_mode,
            divisor=usual if divisor_override is None else divisor_override,
        )
        super().__init__(half_a_window(window), "sum", lower=lower, backend=backend)

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> Any:
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        return cls(
            module.kernel_size,
            module.stride,
            module.padding,
            module.ceil_mode,
            module.count_include_pad,
            getattr(module, "divisor_override", None),
            **options,
        )


class AvgPool1d(_AvgPool):
    """``torch.nn.AvgPool1d`` as message passing: ψ = n_j / divisor, ⊕ = sum."""

    dims, torch_class = 1, nn.AvgPool1d


class AvgPool2d(_AvgPool):
    """``torch.nn.AvgPool2d`` as message passing: ψ = n_j / divisor, ⊕ = sum.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.AvgPool2d(2)(torch.arange(16.0).view(1, 1, 4, 4)).flatten()
        tensor([ 2.5000,  4.5000, 10.5000, 12.5000])
    """

    dims, torch_class = 2, nn.AvgPool2d


class AvgPool3d(_AvgPool):
    """``torch.nn.AvgPool3d`` as message passing: ψ = n_j / divisor, ⊕ = sum."""

    dims, torch_class = 3, nn.AvgPool3d


class _SumPool(_SumOfWindow):
    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
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
        super().__init__(half_a_window(window), "sum", lower=lower, backend=backend)


class SumPool1d(_SumPool):
    """The sum over each window of a signal: ψ = n_j, ⊕ = sum."""

    dims = 1


class SumPool2d(_SumPool):
    """The sum over each window of an image: ψ = n_j, ⊕ = sum.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.SumPool2d(2)(torch.ones(1, 1, 4, 4)).flatten()
        tensor([4., 4., 4., 4.])
    """

    dims = 2
