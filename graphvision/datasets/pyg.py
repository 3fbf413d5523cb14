"""PyG's own data sets of image graphs, in our conventions."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Dataset

from graphvision.graphs import ImageGraph


@dataclass(frozen=True)
class _Convention:
    """Where a data set keeps positions, and how.

    Attributes:
        swapped: (x, y) instead of (y, x).
        in_features: the last two columns of ``x`` instead of ``pos``.
        size: pixels on each side of its pictures, None where they vary.
        relative: positions are shares of the size instead of pixels.
    """

    swapped: bool = False
    in_features: bool = False
    size: int | None = None
    relative: bool = False


_CONVENTIONS = {
    "MNISTSuperpixels": _Convention(swapped=True, size=28),
    "GNNBenchmarkDataset MNIST": _Convention(size=28, relative=True),
    "GNNBenchmarkDataset CIFAR10": _Convention(size=32, relative=True),
    "LRGBDataset pascalvoc-sp": _Convention(in_features=True),
    "LRGBDataset coco-sp": _Convention(in_features=True),
}


def from_pyg(dataset: Dataset) -> list[ImageGraph]:
    """Image graphs of a PyG data set as ours, for :class:`GraphLoader` and our models.

    ``x`` and ``y`` stay as they are; positions become pixels, (y, x); edges are sorted, with
    ``edge_attr`` of no columns where there is none. What these sets don't say can't be had:

    - ``assign`` is missing, so that nothing can be painted, pooled from pixels or validated.
    - ``area`` is the same for all nodes of a picture: its pixels, shared evenly.
    - ``image_size`` of PascalVOC-SP and COCO-SP is estimated from the outermost nodes, as if the
      border were as far from them on one side as on the other.

    Args:
        dataset: ``MNISTSuperpixels``, ``GNNBenchmarkDataset`` (``MNIST``, ``CIFAR10``) or
            ``LRGBDataset`` (``PascalVOC-SP``, ``COCO-SP``), or a slice of one.

    Returns:
        One graph for each of the data set's, in its order; ``y`` holds the class of the picture,
        or with ``LRGBDataset`` of every node (0: background).

    Raises:
        ValueError: another data set.

    Example:
        >>> from torch_geometric.datasets import MNISTSuperpixels
        >>> graphs = from_pyg(MNISTSuperpixels("data")[:100])  # doctest: +SKIP
        >>> gv.GraphLoader(graphs, batch_size=32)  # doctest: +SKIP

    Source:
        ``MNISTSuperpixels`` (Monti et al., 2017): (x, y) in pixels. Benchmarking GNNs (Dwivedi et
        al., 2020): (row, column) / size. LRGB (Dwivedi et al., 2022): twelve colour statistics,
        then (row, column) in pixels.
    """
    name = " ".join([type(dataset).__name__, *([dataset.name] if hasattr(dataset, "name") else [])])
    if name not in _CONVENTIONS:
        raise ValueError(f"`dataset` must be one of {list(_CONVENTIONS)}, got {name}")
    convention = _CONVENTIONS[name]
    return [_converted(dataset[i], convention) for i in range(len(dataset))]


def _converted(data: Any, convention: _Convention) -> ImageGraph:
    pos = data.x[:, -2:] if convention.in_features else data.pos
    pos = pos.flip(1) if convention.swapped else pos.clone()
    if convention.size is None:
        size = (pos.amin(dim=0) + pos.amax(dim=0) + 1).round().to(torch.int64)
    else:
        size = torch.tensor([convention.size] * 2)
    if convention.relative:
        pos = pos * size
    edge_index, edge_attr = _sorted(data.edge_index, data.edge_attr, data.num_nodes, pos)
    nodes = data.num_nodes
    return ImageGraph(
        x=data.x,
        edge_index=edge_index,
        edge_attr=edge_attr,
        pos=pos,
        area=(size.prod() / nodes).to(pos.dtype).expand(nodes).clone(),
        image_size=size[None],
        y=data.y,
    )


def _sorted(
    edge_index: Tensor, edge_attr: Tensor | None, nodes: int, like: Tensor
) -> tuple[Tensor, Tensor]:
    """Edges by target, then source, and their features as a matrix."""
    if edge_attr is None:
        edge_attr = like.new_zeros(edge_index.shape[1], 0)
    order = (edge_index[1] * nodes + edge_index[0]).argsort(stable=True)
    return edge_index[:, order], edge_attr.reshape(len(order), -1)[order]
