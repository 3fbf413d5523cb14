"""From images to graphs: partition × adjacency × features."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.adjacencies import AbstractAdjacency, Complete, Offsets, SharedBorder
from graphvision.graphs.batching import GraphArrays
from graphvision.graphs.features.edge import EDGE_FEATURES, edge_table
from graphvision.graphs.features.names import chosen
from graphvision.graphs.features.node import node_names, node_table
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.images import as_image
from graphvision.graphs.nodes import Nodes
from graphvision.graphs.partitions import AbstractPartition, Patches, Pixels, Superpixels
from graphvision.kernels.regions import Regions

Names = str | Sequence[str]


def image_graph(
    image: Any,
    partition: AbstractPartition,
    adjacency: AbstractAdjacency | str | int | None = None,
    *,
    node_features: Names = ("mean",),
    edge_features: Names = ("displacement",),
    backend: str = "auto",
) -> ImageGraph | Batch:
    """Turn an image, or a batch of images of one size, into graphs.

    Args:
        image: anything that :func:`graphvision.graphs.images.as_image` takes.
        partition: which pixels make a node.
        adjacency: which nodes exchange messages; ``"border"``, ``"complete"``, a number of grid
            neighbours, or None: all touching cells (8 in a picture) on a grid, else shared borders.
        node_features: names for the columns of ``x``, or ``"all"``; see :func:`feature_names`.
        edge_features: names for the columns of ``edge_attr``, or ``"all"``.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` (CPU) or ``"triton"`` (CUDA); where
            gradients flow to the pixels, ``"auto"`` is the reference.

    Returns:
        An :class:`ImageGraph`, or a PyG ``Batch`` of them for a batch. ``x``, ``pos``, ``area`` and
        ``edge_attr`` have the image's dtype. An image whose pixels are all ignored gives a graph
        without nodes.

    Raises:
        ValueError: a wrong image, an unknown feature, or a partition that leaves a node unused.

    Example:
        >>> import torch
        >>> graph = image_graph(torch.rand(3, 6, 8), Patches(2), node_features=("mean", "std"))
        >>> graph.num_nodes, graph.x.shape, graph.edge_attr.shape
        (12, torch.Size([12, 6]), torch.Size([58, 2]))
        >>> image_graph(torch.rand(5, 3, 6, 8), Patches(2)).num_graphs
        5
    """
    return _build(
        as_image(image, ndim=partition.ndim),
        partition,
        adjacency,
        node_features=node_features,
        edge_features=edge_features,
        backend=backend,
    )


def _build(
    image: Tensor,
    partition: AbstractPartition,
    adjacency: AbstractAdjacency | str | int | None,
    *,
    node_features: Names,
    edge_features: Names,
    backend: str,
) -> ImageGraph | Batch:
    chosen_nodes = node_names(node_features, partition.ndim)
    chosen_edges = chosen(edge_features, EDGE_FEATURES, "edge_features")
    single = image.ndim == partition.ndim + 1
    images = image.unsqueeze(0) if single else image
    regions = _regions(partition.assign(images), images, backend)
    nodes = Nodes(images, regions, partition.lattice(regions.labels), chosen_edges)
    if len(nodes.area) and float(nodes.area.min()) == 0:
        raise ValueError("`partition` must use every label from 0 to the largest, got unused ones")
    x = node_table(nodes, chosen_nodes)
    edge_index = _adjacency(adjacency, nodes).edges(nodes, x)
    arrays = GraphArrays(
        x=x,
        edge_index=edge_index,
        edge_attr=edge_table(nodes, edge_index, chosen_edges),
        pos=nodes.pos,
        area=nodes.area,
        labels=regions.labels,
        ptr=regions.ptr,
        node_batch=regions.batch,
    )
    return arrays.single() if single else arrays.batch()


def grid_graph(
    image: Any,
    connectivity: int | AbstractAdjacency = 8,
    *,
    mask: Any = None,
    node_features: Names = ("mean",),
    edge_features: Names = ("displacement",),
) -> ImageGraph | Batch:
    """Every pixel a node, connected to its nearest pixels.

    Args:
        image: see :func:`image_graph`.
        connectivity: 4, 8, or any adjacency.
        mask: ``[h, w]`` or ``[b, h, w]`` bool; False pixels belong to no node.
        node_features: see :func:`image_graph`; the mean is the pixel's colour.
        edge_features: see :func:`image_graph`.

    Returns:
        See :func:`image_graph`; nodes in raster order.

    Example:
        >>> import torch
        >>> grid_graph(torch.rand(1, 28, 28), connectivity=4).num_edges
        3024
    """
    return image_graph(
        image, Pixels(mask), connectivity, node_features=node_features, edge_features=edge_features
    )


def patch_graph(
    image: Any,
    patch_size: int | tuple[int, int] = 16,
    adjacency: AbstractAdjacency | str | int = 8,
    *,
    node_features: Names = ("mean",),
    edge_features: Names = ("displacement",),
) -> ImageGraph | Batch:
    """Rectangular patches as nodes.

    Args:
        image: see :func:`image_graph`.
        patch_size: side in pixels, or (height, width); the last patches may be smaller.
        adjacency: see :func:`image_graph`.
        node_features: see :func:`image_graph`.
        edge_features: see :func:`image_graph`.

    Returns:
        See :func:`image_graph`; nodes in raster order.

    Example:
        >>> import torch
        >>> patch_graph(torch.rand(3, 28, 30), patch_size=16).area.tolist()
        [256.0, 224.0, 192.0, 168.0]
    """
    return image_graph(
        image,
        Patches(patch_size),
        adjacency,
        node_features=node_features,
        edge_features=edge_features,
    )


def superpixel_graph(
    image: Any,
    n_segments: int = 75,
    compactness: float | int = 10.0,
    *,
    adjacency: AbstractAdjacency | str = "border",
    exact: bool = False,
    mask: Any = None,
    node_features: Names = ("mean",),
    edge_features: Names = ("displacement",),
) -> ImageGraph | Batch:
    """SLIC superpixels as nodes.

    Args:
        image: see :func:`image_graph`.
        n_segments: how many to aim at, 1…pixels.
        compactness: weight of place against colour.
        adjacency: see :func:`image_graph`.
        exact: exactly ``n_segments`` for every image with as many valid pixels.
        mask: ``[h, w]`` or ``[b, h, w]`` bool; False pixels belong to no node.
        node_features: see :func:`image_graph`.
        edge_features: see :func:`image_graph`.

    Returns:
        See :func:`image_graph`.

    Raises:
        ValueError: ``n_segments`` outside 1…pixels, or what :func:`image_graph` refuses.

    Example:
        >>> import torch
        >>> superpixel_graph(torch.rand(3, 28, 28), n_segments=75, exact=True).num_nodes
        75
    """
    partition = Superpixels(n_segments, compactness, exact=exact, mask=mask)
    return image_graph(
        image, partition, adjacency, node_features=node_features, edge_features=edge_features
    )


def _regions(labels: Tensor, images: Tensor, backend: str) -> Regions:
    expected = (len(images), *images.shape[2:])
    if tuple(labels.shape) != expected or labels.dtype != torch.int64:
        raise ValueError(
            f"`partition` must give int64 labels of shape {expected}, "
            f"got {str(labels.dtype)[6:]} of shape {tuple(labels.shape)}"
        )
    return Regions(labels.contiguous(), backend)


def _adjacency(asked: AbstractAdjacency | str | int | None, nodes: Nodes) -> AbstractAdjacency:
    if isinstance(asked, AbstractAdjacency):
        return asked
    if isinstance(asked, int) and not isinstance(asked, bool):
        return Offsets(asked)
    if asked is None:
        lattice = nodes.lattice
        return SharedBorder() if lattice is None else Offsets(3 ** (lattice.ndim - 1) - 1)
    if asked in ("border", "complete"):
        return SharedBorder() if asked == "border" else Complete()
    raise ValueError(
        "`adjacency` must be an adjacency, 'border', 'complete', a number of grid neighbours or "
        f"None, got {asked!r}"
    )
