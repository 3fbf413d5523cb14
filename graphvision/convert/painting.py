"""Where a network leaves the raster: the last partition is painted and torch goes on."""

from collections.abc import Callable
from typing import Any

from graphvision.graphs import ImageGraph
from graphvision.nn.nodewise import image_of


class Painting:
    """``function`` of tensors; image graphs among its arguments are painted as images first.

    Example:
        >>> import torch, graphvision as gv
        >>> flatten = Painting(torch.flatten)
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=9)
        >>> flatten(graph, 1).shape
        torch.Size([1, 768])
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Paint, and apply the function."""
        return self.function(*_painted(args), **_painted(kwargs))

    def __repr__(self) -> str:
        return f"Painting({getattr(self.function, '__name__', self.function)})"


def _painted(value: Any) -> Any:
    if isinstance(value, ImageGraph):
        return image_of(value)
    if isinstance(value, (tuple, list)):
        return type(value)(_painted(item) for item in value)
    if isinstance(value, dict):
        return {name: _painted(item) for name, item in value.items()}
    return value
