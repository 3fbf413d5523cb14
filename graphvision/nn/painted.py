"""The meaning of every layer on a partition, as it stands: paint, apply, read the regions."""

import copy
from collections.abc import Callable
from typing import Literal

from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs import ImageGraph
from graphvision.graphs.abstract_window import AbstractWindow
from graphvision.graphs.cooccurrence import windowed_partition
from graphvision.graphs.raster import pool_pixels, rasterize
from graphvision.graphs.windowed import way_back, windowed_graph

Images = Tensor | list[Tensor]


def painted(
    function: Callable[[Tensor], Tensor],
    graph: ImageGraph,
    *,
    window: AbstractWindow | None = None,
    onto: ImageGraph | None = None,
    reduce: Literal["mean", "max"] = "mean",
) -> ImageGraph:
    """Any function of images on a graph of any partition: ``out_i = ⊕_{q ∈ i} f(paint(x))[:, q]``.

    It runs on all pixels, and serves layers that have no form on the nodes alone.

    Args:
        function: from images ``[b, c, *size]`` to images; called once for a batch of images of one
            size, else image by image.
        graph: one graph or a batch.
        window: says which region each output pixel belongs to; None where the sizes stay, or for
            ``onto``.
        onto: the graph whose partition the output has.
        reduce: how a region is read: ``"mean"``, or ``"max"``, for which ignored pixels are painted
            as -infinity, and a region that stays there is 0.

    Returns:
        A graph on the output's partition.

    Raises:
        ValueError: the function's images have other sizes than the output's partition.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.patch_graph(torch.arange(16.0).view(1, 4, 4), patch_size=2)
        >>> gv.nn.painted(lambda image: image.flip(3), graph).x.flatten()
        tensor([ 4.5000,  2.5000, 12.5000, 10.5000])
    """
    out = output_graph(graph, window, onto)
    images = paint(graph, float("-inf") if reduce == "max" else 0.0)
    values = pool_pixels(over_images(function, images, graph), out, reduce=reduce)
    out.x = values.masked_fill(values == float("-inf"), 0.0) if reduce == "max" else values
    return out


def output_graph(
    graph: ImageGraph, window: AbstractWindow | None, onto: ImageGraph | None
) -> ImageGraph:
    """A graph on the output's partition, whose features are still to come."""
    if window is None:
        return copy.copy(graph if onto is None else onto)
    onto = way_back(graph, window) if onto is None else onto
    partition = windowed_partition(graph, window, onto)
    nothing = graph.x.new_empty(partition.topology.num_targets, 0)
    return windowed_graph(graph, partition, nothing, onto=onto)


def paint(graph: ImageGraph, fill: float = 0.0) -> Images:
    """The graph's features as images: of a batch of images of one size together, else a list."""
    return rasterize(graph.x, graph, fill=fill)


def over_images(function: Callable[[Tensor], Tensor], images: Images, graph: ImageGraph) -> Images:
    """A function of batches applied to what :func:`paint` gave, in the same form."""
    if isinstance(images, list):
        return [function(image.unsqueeze(0))[0] for image in images]
    if isinstance(graph, Batch):
        return function(images)
    return function(images.unsqueeze(0))[0]
