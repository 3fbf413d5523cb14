"""Functions along an axis: channels are the features of a node, pixels are nodes."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from graphvision.convert.painting import Painting
from graphvision.graphs import ImageGraph
from graphvision.graphs.windowed import with_features
from graphvision.nn import GlobalPool
from graphvision.nn.nodewise import Nodewise, graphs_in

_DEFAULT_DIM = {"cat": 0, "concat": 0, "concatenate": 0, "chunk": 0, "split": 0, "unbind": 0}
_DIM_AT = {"split": 2, "chunk": 2, "tensor_split": 2, "normalize": 2}
_GLOBAL_POOLS = {"mean": "mean", "amax": "max", "amin": "min"}


class Channels:
    """A function along one axis; along the channels it is nodewise, else images are painted.

    Args:
        function: of a tensor, or a list of them, with an argument ``dim``.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._nodewise, self._painting = Nodewise(function), Painting(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the function."""
        graphs = graphs_in([args, kwargs])
        if not graphs:
            return self.function(*args, **kwargs)
        count = axes(graphs[0])
        name = str(getattr(self.function, "__name__", ""))
        place = _DIM_AT.get(name, 1)
        dim = kwargs.get("dim", args[place] if len(args) > place else _DEFAULT_DIM.get(name, 1))
        if dim not in (1, 1 - count):
            return self._painting(*args, **kwargs)
        if "dim" in kwargs:
            return self._nodewise(*args, **{**kwargs, "dim": 1})
        if len(args) > place:
            args = (*args[:place], 1, *args[place + 1 :])
        return self._nodewise(*args, **kwargs)


class Reduction:
    """A sum, mean or extreme over axes: over all pixels it reads the whole image out.

    A mean over the pixels weighs every node by its area; ignored pixels count nothing. Over the
    channels a reduction is nodewise where it keeps the axis. All else is done on painted images.

    Args:
        function: of a tensor with arguments ``dim`` and ``keepdim``.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._painting = Painting(function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the function."""
        graph = args[0] if args else kwargs.get("input")
        if not isinstance(graph, ImageGraph):
            return self.function(*args, **kwargs)
        dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
        keep = bool(kwargs.get("keepdim", args[2] if len(args) > 2 else False))
        found = _axes(dim, axes(graph))
        name = str(getattr(self.function, "__name__", ""))
        if found == set(range(2, axes(graph))) and name in _GLOBAL_POOLS:
            rows: Tensor = GlobalPool(_GLOBAL_POOLS[name])(graph)
            return rows[(...,) + (None,) * (axes(graph) - 2)] if keep else rows
        if found == {1} and keep and name in ("mean", "sum", "amax", "amin"):
            return with_features(graph, self.function(graph.x, 1, True))
        return self._painting(*args, **kwargs)


def index(value: Any, key: Any) -> Any:
    """``value[key]``; a slice of the channels of an image graph is one of its features."""
    if not isinstance(value, ImageGraph):
        return value[key]
    parts = key if isinstance(key, tuple) else (key,)
    whole = slice(None)
    of_channels = len(parts) > 1 and parts[0] == whole and isinstance(parts[1], (slice, list))
    if of_channels and all(part == whole or part is Ellipsis for part in parts[2:]):
        return with_features(value, value.x[:, parts[1]])
    return Painting(lambda image: image[key])(value)


def axes(graph: ImageGraph) -> int:
    """How many axes the images have as a batch: image, channel and those of the raster."""
    return int(graph.image_size.shape[1]) + 2


def _axes(dim: Any, count: int) -> set[int]:
    if dim is None:
        return set(range(count))
    listed = dim if isinstance(dim, (tuple, list)) else (dim,)
    return {d % count for d in listed if isinstance(d, int)}
