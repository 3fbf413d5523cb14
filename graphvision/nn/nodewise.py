"""Functions of tensors, such as activations and sums, on the node features of image graphs."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs import ImageGraph, pool_pixels, rasterize
from graphvision.graphs.windowed import with_features


class Nodewise:
    """``function``, which treats every pixel alike, also for image graphs: φ alone, no messages.

    Tensors are passed on as they are. Where an argument is an image graph, ``function`` gets node
    features ``[n, c]`` instead of images, and its result becomes the features of a graph again.
    Graphs on different partitions of the same raster meet on the one with the most nodes (the
    first of them): the others give their mean over each of its nodes. A raster of one pixel gives
    its row to all nodes of its image, and so does a tensor ``[b, c, 1, 1]``; a tensor with one
    value per pixel gives its mean over each node, which is exact for sums and for products.

    Args:
        function: of tensors; channels are axis 1.
        broadcast: False where tensors are parameters of ``function`` and not operands that
            broadcast against the image.

    Example:
        >>> import torch, graphvision as gv
        >>> relu = Nodewise(torch.relu)
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=9)
        >>> graph.x = graph.x - 0.5
        >>> bool((relu(graph).x >= 0).all()), relu(torch.tensor([-1.0, 2.0])).tolist()
        (True, [0.0, 2.0])
    """

    def __init__(self, function: Callable[..., Any], *, broadcast: bool = True) -> None:
        self.function = function
        self._rows = _rows if broadcast else _features

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the function; a graph comes out where one went in."""
        graphs = graphs_in([args, kwargs])
        if not graphs:
            return self.function(*args, **kwargs)
        home = max(graphs, key=lambda graph: (len(graph.assign), int(graph.num_nodes)))
        rows = [self._rows(value, home) for value in args]
        named = {name: self._rows(value, home) for name, value in kwargs.items()}
        return _as_graphs(self.function(*rows, **named), home)

    def __repr__(self) -> str:
        return f"Nodewise({getattr(self.function, '__name__', self.function)})"


def image_of(graph: ImageGraph) -> Float[Tensor, "b c *size"]:
    """The node features painted on the raster, with a batch axis.

    Raises:
        ValueError: the images have different sizes.
    """
    sizes = sorted(set(graph.size_hw))
    if len(sizes) > 1:
        raise ValueError(f"`graph` must have images of one size to be one tensor, got {sizes}")
    painted = torch.as_tensor(rasterize(graph.x, graph))
    return painted if isinstance(graph, Batch) else painted.unsqueeze(0)


def image_index(graph: ImageGraph) -> Tensor:
    """The image of every node, ``[n]``."""
    if isinstance(graph, Batch):
        return torch.as_tensor(graph.batch)
    return torch.zeros(int(graph.num_nodes), dtype=torch.int64, device=graph.assign.device)


def on_partition(graph: ImageGraph, home: ImageGraph) -> Float[Tensor, "n c"]:
    """The features of ``graph`` on the nodes of ``home``: means over their pixels.

    Raises:
        ValueError: rasters of different sizes.
    """
    if graph is home or graph.assign is home.assign:
        return torch.as_tensor(graph.x)
    sizes, wanted = graph.size_hw, home.size_hw
    if sizes != wanted and all(set(size) == {1} for size in sizes):
        row: Tensor = graph.x[graph.global_assign]
        return torch.as_tensor(row[image_index(home)])
    if sizes != wanted:
        raise ValueError(f"`graph` must have images of sizes {wanted[:4]}, got {sizes[:4]}")
    if torch.equal(graph.assign, home.assign):
        return torch.as_tensor(graph.x)
    return torch.as_tensor(pool_pixels(rasterize(graph.x, graph), home))


def graphs_in(value: Any) -> list[ImageGraph]:
    """The image graphs in nested arguments, in order."""
    if isinstance(value, ImageGraph):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [graph for item in value for graph in graphs_in(item)]
    return []


def _rows(value: Any, home: ImageGraph) -> Any:
    if isinstance(value, Tensor) and value.ndim > 0:
        return _tensor_rows(value, home)
    if isinstance(value, (tuple, list)):
        return type(value)(_rows(item, home) for item in value)
    return _features(value, home)


def _features(value: Any, home: ImageGraph) -> Any:
    return on_partition(value, home) if isinstance(value, ImageGraph) else value


def _tensor_rows(value: Tensor, home: ImageGraph) -> Tensor:
    dims, images = home.image_size.shape[1], len(home.image_size)
    whole = value.reshape((1,) * (dims + 2 - value.ndim) + value.shape)
    if all(n == 1 for n in whole.shape[2:]):
        rows = whole.flatten(1)
        return rows if len(rows) == 1 else rows[image_index(home)]
    full = whole.expand(images, -1, *home.size_hw[0])
    return torch.as_tensor(pool_pixels(full if isinstance(home, Batch) else full[0], home))


def _as_graphs(value: Any, home: ImageGraph) -> Any:
    if isinstance(value, Tensor):
        return with_features(home, value)
    if isinstance(value, (tuple, list)):
        return type(value)(_as_graphs(item, home) for item in value)
    return value
