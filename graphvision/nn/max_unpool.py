"""Unpooling: maxima go back to the pixels that they came from."""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch_geometric.data import Batch

from graphvision.graphs import ImageGraph
from graphvision.graphs.raster import pool_pixels
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.nn.painted import Images, output_graph, paint
from graphvision.nn.pool import Sizes
from graphvision.nn.windowed_layer import check_torch_class

_UNPOOLS: Any = {1: F.max_unpool1d, 2: F.max_unpool2d, 3: F.max_unpool3d}


class _MaxUnpool(nn.Module):
    dims: int
    torch_class: type[Any]

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.window = TransposedWindow.make(
            kernel_size,
            dims=self.dims,
            stride=kernel_size if stride is None else stride,
            padding=padding,
        )

    @classmethod
    def from_torch(cls, module: Any, *, lower: bool = True, backend: str = "auto") -> Any:
        """The same layer; it has one form, whatever ``lower`` and ``backend`` say.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        return cls(module.kernel_size, module.stride, module.padding)

    def forward(
        self,
        input: Any,
        indices: Images,
        output_size: Sequence[int] | None = None,
        onto: ImageGraph | None = None,
    ) -> Any:
        """Put every value where its index says, and 0 elsewhere.

        On a graph: paint, put, and take the mean over every region of the output.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.
            indices: what the max pooling gave beside its maxima, for an image or a graph.
            output_size: the size of the pooling's input, where stride and kernel leave it open.
            onto: the graph whose partition, and size, the output has: the pooling's input.

        Raises:
            ValueError: sizes that don't fit.
        """
        if not isinstance(input, ImageGraph):
            return self._unpool(input, indices, output_size)
        if onto is None:
            sizes: list[Any] = [output_size] * len(input.size_hw)
            out = output_graph(input, self._window_to(input, output_size), None)
        else:
            sizes = onto.size_hw
            out = output_graph(input, None, onto)
        single = not isinstance(input, Batch)
        values, places = ([p] if single else p for p in (paint(input), indices))
        images = [
            self._unpool(image, index, size)
            for image, index, size in zip(values, places, sizes, strict=True)
        ]
        out.x = pool_pixels(images[0] if single else images, out)
        return out

    def _window_to(self, graph: ImageGraph, output_size: Sequence[int] | None) -> TransposedWindow:
        if output_size is None:
            return self.window
        return self.window.ending_at(graph.size_hw[0], tuple(output_size)[-self.dims :])

    def _unpool(self, image: Tensor, index: Any, size: Any) -> Tensor:
        window = self.window
        shape = (window.kernel_size, window.stride, window.padding)
        size = None if size is None else list(size)[-self.dims :]
        out: Tensor = _UNPOOLS[self.dims](image, index, *shape, output_size=size)
        return out

    def extra_repr(self) -> str:
        """Kernel, stride and padding."""
        return self.window.describe()


class MaxUnpool1d(_MaxUnpool):
    """``torch.nn.MaxUnpool1d``, on any partition too; see :class:`MaxUnpool2d`."""

    dims, torch_class = 1, nn.MaxUnpool1d


class MaxUnpool2d(_MaxUnpool):
    """``torch.nn.MaxUnpool2d``, on any partition too.

    Which pixel a value goes to differs from channel to channel, so that there are no edges that
    all channels share: on a graph it is painted.

    Example:
        >>> import torch, graphvision as gv
        >>> image = torch.arange(16.0).view(1, 1, 4, 4)
        >>> maxima, indices = gv.nn.MaxPool2d(2, return_indices=True)(image)
        >>> gv.nn.MaxUnpool2d(2)(maxima, indices)[0, 0, 1]
        tensor([0., 5., 0., 7.])
    """

    dims, torch_class = 2, nn.MaxUnpool2d


class MaxUnpool3d(_MaxUnpool):
    """``torch.nn.MaxUnpool3d``, on any partition too; see :class:`MaxUnpool2d`."""

    dims, torch_class = 3, nn.MaxUnpool3d
