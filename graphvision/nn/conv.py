"""Convolutions with torch.nn's names."""

from typing import Any

from torch import nn

from graphvision.graphs.abstract_window import Size
from graphvision.graphs.window import Window
from graphvision.nn.convolution import TorchConvolution


class _Conv(TorchConvolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Size,
        stride: int | Size = 1,
        padding: int | Size | str = 0,
        dilation: int | Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        made = self.torch_class(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip
        self._adopt(made, lower=lower, backend=backend)

    @staticmethod
    def _window(module: Any, dims: int) -> Window:
        return Window.make(
            module.kernel_size,
            dims=dims,
            stride=module.stride,
            padding=module.padding,
            dilation=module.dilation,
            padding_mode=module.padding_mode,
        )


class Conv1d(_Conv):
    """``torch.nn.Conv1d`` as message passing on a chain of samples; same arguments and results.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.Conv1d(2, 4, 3, padding=1)(torch.rand(8, 2, 16)).shape
        torch.Size([8, 4, 16])
    """

    dims, torch_class = 1, nn.Conv1d


class Conv2d(_Conv):
    """``torch.nn.Conv2d`` as message passing on the pixel grid, and on any partition of an image.

    Signature, parameters, results and gradients are torch's. Beside them:

    Args:
        lower: False for gather and scatter over explicit edges instead of torch's convolution.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.Conv2d(3, 8, 3, padding=1)
        >>> layer(torch.rand(1, 3, 16, 16)).shape
        torch.Size([1, 8, 16, 16])
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> layer(graph).x.shape[1]
        8

    Source:
        The oracle is ``torch.nn.Conv2d``; on partitions: paint, ``torch.nn.functional.conv2d``,
        region means.
    """

    dims, torch_class = 2, nn.Conv2d


class Conv3d(_Conv):
    """``torch.nn.Conv3d`` as message passing on the voxel grid; same arguments and results.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.Conv3d(1, 2, 3)(torch.rand(1, 1, 5, 5, 5)).shape
        torch.Size([1, 2, 3, 3, 3])
    """

    dims, torch_class = 3, nn.Conv3d
