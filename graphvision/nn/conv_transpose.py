"""Transposed convolutions with torch.nn's names: the edges of a convolution, turned round."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.abstract_window import Size
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.nn.convolution import TorchConvolution


class _ConvTranspose(TorchConvolution):
    window: TransposedWindow

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Size,
        stride: int | Size = 1,
        padding: int | Size = 0,
        output_padding: int | Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        made = self.torch_class(
            in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias,
            dilation, padding_mode, device, dtype,
        )  # fmt: skip
        self._adopt(made, lower=lower, backend=backend)

    @staticmethod
    def _window(module: Any, dims: int) -> TransposedWindow:
        return TransposedWindow.make(
            module.kernel_size,
            dims=dims,
            stride=module.stride,
            padding=module.padding,
            output_padding=module.output_padding,
            dilation=module.dilation,
        )

    def forward(  # type: ignore[override]
        self,
        input: Any,
        output_size: Sequence[int] | None = None,
        onto: ImageGraph | None = None,
    ) -> Any:
        """Apply the layer.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.
            output_size: the size to reach by output padding, as torch's layer takes it: the axes of
                the image, or all. The images of a batch of graphs must then have one size.
            onto: as in every layer with a window.

        Raises:
            ValueError: shapes that don't fit, or an output size that isn't reached.
        """
        window = self.window
        if output_size is not None:
            axes = tuple(output_size)[-self.dims :]
            window = window.reaching(_one_size(input, self.dims), axes)
        return self._slide(input, window, onto)


def _one_size(input: Any, dims: int) -> Size:
    if isinstance(input, Tensor):
        return tuple(input.shape[-dims:])
    sizes: list[Size] = sorted(set(input.size_hw))
    if len(sizes) != 1:
        raise ValueError(f"`output_size` must be None for images of several sizes, got {sizes}")
    return sizes[0]


class ConvTranspose1d(_ConvTranspose):
    """``torch.nn.ConvTranspose1d`` as message passing on a chain; same arguments and results.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.ConvTranspose1d(2, 4, 2, stride=2)(torch.rand(8, 2, 16)).shape
        torch.Size([8, 4, 32])
    """

    dims, torch_class = 1, nn.ConvTranspose1d


class ConvTranspose2d(_ConvTranspose):
    """``torch.nn.ConvTranspose2d`` as message passing, and on any partition of an image.

    Signature, parameters, results and gradients are torch's; ``lower`` and ``backend`` are those of
    :class:`Conv2d`. On a partition every region grows with the raster, unless ``onto`` gives the
    output's partition.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.ConvTranspose2d(3, 8, 4, stride=2, padding=1)
        >>> fine = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> coarse = gv.nn.MaxPool2d(2)(fine)
        >>> layer(coarse).size_hw, layer(coarse, onto=fine).num_nodes == fine.num_nodes
        ([(16, 16)], True)

    Source:
        The oracle is ``torch.nn.ConvTranspose2d``; on partitions: paint,
        ``torch.nn.functional.conv_transpose2d``, region means.
    """

    dims, torch_class = 2, nn.ConvTranspose2d


class ConvTranspose3d(_ConvTranspose):
    """``torch.nn.ConvTranspose3d`` as message passing on voxels; same arguments and results.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.ConvTranspose3d(1, 2, 2, stride=2)(torch.rand(1, 1, 3, 3, 3)).shape
        torch.Size([1, 2, 6, 6, 6])
    """

    dims, torch_class = 3, nn.ConvTranspose3d
