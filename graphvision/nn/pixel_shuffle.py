"""Channels to pixels and back, as message passing, and channels among themselves."""

import copy
from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn.psi import SubPixels
from graphvision.nn.windowed_layer import WindowedLayer, check_torch_class


class PixelShuffle(WindowedLayer):
    """``torch.nn.PixelShuffle`` as message passing: r² channels become r × r pixels.

    Args:
        upscale_factor: r.
        lower: as in :class:`Conv2d`.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.PixelShuffle(2)(torch.arange(4.0).view(1, 4, 1, 1))
        tensor([[[[0., 1.],
                  [2., 3.]]]])
    """

    def __init__(self, upscale_factor: int, *, lower: bool = True, backend: str = "auto") -> None:
        window = TransposedWindow.make(upscale_factor, dims=2, stride=upscale_factor)
        super().__init__(window, "sum", lower=lower, backend=backend)
        self.upscale_factor = upscale_factor
        self._shuffle = SubPixels(upscale_factor**2)

    @property
    def psi(self) -> SubPixels:
        """The tap's channels."""
        return self._shuffle

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> "PixelShuffle":
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no ``torch.nn.PixelShuffle``.
        """
        check_torch_class(module, nn.PixelShuffle)
        return cls(module.upscale_factor, **options)

    def forward(self, input: Any, onto: ImageGraph | None = None) -> Any:  # type: ignore[override]
        """Apply the layer; as in every layer with a window.

        Raises:
            ValueError: the channels are no multiple of r².
        """
        graph = isinstance(input, ImageGraph)
        channels = input.x.shape[1] if graph else input.shape[-3] if input.ndim > 2 else 0
        if channels % self.upscale_factor**2:
            raise ValueError(
                f"`{'x' if graph else 'input'}` must have a multiple of {self.upscale_factor**2} "
                f"channels, got {channels}"
            )
        return super().forward(input, onto)


class PixelUnshuffle(WindowedLayer):
    """``torch.nn.PixelUnshuffle`` as message passing: r × r pixels become r² channels.

    Args:
        downscale_factor: r.
        lower: as in :class:`Conv2d`.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.PixelUnshuffle(2)(torch.arange(4.0).view(1, 1, 2, 2)).flatten()
        tensor([0., 1., 2., 3.])
    """

    def __init__(self, downscale_factor: int, *, lower: bool = True, backend: str = "auto") -> None:
        window = Window.make(downscale_factor, dims=2, stride=downscale_factor)
        super().__init__(window, "sum", lower=lower, backend=backend)
        self.downscale_factor = downscale_factor
        self._shuffle = SubPixels(downscale_factor**2, inverse=True)

    @property
    def psi(self) -> SubPixels:
        """The pixel in the place of its tap."""
        return self._shuffle

    @classmethod
    def from_torch(cls, module: Any, **options: Any) -> "PixelUnshuffle":
        """The same layer as message passing.

        Raises:
            ValueError: ``module`` is no ``torch.nn.PixelUnshuffle``.
        """
        check_torch_class(module, nn.PixelUnshuffle)
        return cls(module.downscale_factor, **options)

    def forward(self, input: Any, onto: ImageGraph | None = None) -> Any:  # type: ignore[override]
        """Apply the layer; as in every layer with a window.

        Raises:
            ValueError: an image size is no multiple of r.
        """
        graph = isinstance(input, ImageGraph)
        sizes = input.size_hw if graph else [tuple(input.shape[-2:])]
        if any(n % self.downscale_factor for size in sizes for n in size):
            raise ValueError(
                f"`input` must have sizes that are multiples of {self.downscale_factor}, "
                f"got {sizes[:4]}"
            )
        return super().forward(input, onto)


class ChannelShuffle(nn.Module):
    """``torch.nn.ChannelShuffle``: ``c = g·m`` channels in the order of g × m, transposed.

    Args:
        groups: g.

    Example:
        >>> import torch, graphvision as gv
        >>> ChannelShuffle(2)(gv.grid_graph(torch.arange(4.0).view(4, 1, 1))).x
        tensor([[0., 2., 1., 3.]])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    @classmethod
    def from_torch(
        cls, module: Any, *, lower: bool = True, backend: str = "auto"
    ) -> "ChannelShuffle":
        """The same layer; it sends no messages, whatever ``lower`` and ``backend`` say.

        Raises:
            ValueError: ``module`` is no ``torch.nn.ChannelShuffle``.
        """
        check_torch_class(module, nn.ChannelShuffle)
        return cls(module.groups)

    def forward(self, input: Any) -> Any:
        """Apply the layer to an image or graph, node by node."""
        if not isinstance(input, ImageGraph):
            return F.channel_shuffle(input, self.groups)
        out = copy.copy(input)
        out.x = F.channel_shuffle(input.x.unsqueeze(2), self.groups).squeeze(2)
        return out

    def extra_repr(self) -> str:
        """The groups."""
        return f"groups={self.groups}"
