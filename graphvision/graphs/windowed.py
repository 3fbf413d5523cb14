"""The graph that a convolution or pooling leaves behind."""

import copy
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.abstract_window import AbstractWindow, Size
from graphvision.graphs.batching import assemble
from graphvision.graphs.cooccurrence import WindowedPartition
from graphvision.graphs.image_graph import ImageGraph


def windowed_graph(
    graph: ImageGraph,
    partition: WindowedPartition,
    x: Float[Tensor, "n c"],
    *,
    onto: ImageGraph | None = None,
) -> ImageGraph:
    """``graph`` after a layer: new features on the output partition.

    Where the partition is unchanged, edges, positions and labels stay. Where the raster changes
    (stride, padding, pooling), nodes, positions and areas are those of the output raster, in its
    pixels, and there are no edges: convolutions don't need them. Labels of the whole image stay.
    Where the partition was that of ``onto``, all but the features is ``onto``'s.

    The result remembers the partitions that lie behind it; see :func:`way_back`.

    Args:
        graph: the layer's input, one graph or a batch.
        partition: what the layer's window made of it.
        x: the layer's output.
        onto: the graph whose partition the layer was told to take.
    """
    if onto is not None or partition.unchanged:
        out = with_features(graph if onto is None else onto, x)
        return out if onto is None else _remember(out, graph)
    pos, area = partition.shape
    tensors = {
        "x": x,
        "edge_index": torch.zeros((2, 0), dtype=torch.int64, device=x.device),
        "edge_attr": x.new_zeros(0, 0 if graph.edge_attr is None else graph.edge_attr.shape[1]),
        "pos": pos.to(x.dtype),
        "area": area.to(x.dtype),
        "assign": partition.assign,
        "image_size": partition.image_size,
    }
    kept = {k: graph[k] for k in graph.keys() if _is_of_the_graph(graph, k) and k not in tensors}  # noqa: SIM118
    if not isinstance(graph, Batch):
        return _remember(ImageGraph(**tensors, **kept), graph)
    out = _remember(_batch(tensors, partition), graph)
    for name, value in kept.items():
        out[name] = value
        if name in graph._slice_dict:
            out._slice_dict[name] = graph._slice_dict[name]
            out._inc_dict[name] = graph._inc_dict[name]
    return out


def with_features(graph: ImageGraph, x: Float[Tensor, "n c"]) -> ImageGraph:
    """The same graph with other node features."""
    out: ImageGraph = copy.copy(graph)
    out.x = x
    return out


def way_back(graph: ImageGraph, window: AbstractWindow) -> ImageGraph | None:
    """The partition that the images had when their rasters were as large as ``window`` makes them.

    Layers that change the raster leave a note on their output, so that a layer that enlarges it
    again, such as a decoder's transposed convolution, comes back to the nodes that were there.

    Args:
        graph: what a layer is given.
        window: of the layer.

    Returns:
        A graph without features, or None where the window doesn't enlarge the raster, or the images
        had no rasters of the sizes that it gives.
    """
    sizes = graph.size_hw
    wanted = tuple(window.output_size(size) for size in sizes)
    if not all(prod(out) > prod(size) for out, size in zip(wanted, sizes, strict=True)):
        return None
    found: ImageGraph | None = _memory(graph).get(wanted)
    return found if found is None or found.assign.device == graph.assign.device else None


def _memory(graph: ImageGraph) -> dict[tuple[Size, ...], ImageGraph]:
    memory: dict[tuple[Size, ...], ImageGraph] = graph.__dict__.get("_partitions", {})
    return memory


def _remember(out: ImageGraph, graph: ImageGraph) -> ImageGraph:
    known = _memory(graph)
    sizes = tuple(graph.size_hw)
    if sizes not in known:
        bare = copy.copy(graph)
        bare.__dict__.pop("_partitions", None)
        bare.x = None
        known = {**known, sizes: bare}
    out.__dict__["_partitions"] = known
    return out


def _is_of_the_graph(graph: ImageGraph, name: str) -> bool:
    """Whether an attribute, such as a label, belongs to the image and not to nodes or edges."""
    if name in ("batch", "ptr"):
        return False
    return not (graph.is_node_attr(name) or graph.is_edge_attr(name))


def _batch(tensors: dict[str, Tensor], partition: WindowedPartition) -> ImageGraph:
    count = len(partition.image_size)
    pixels = partition.image_size.prod(1).cumsum(0).cpu()
    none = torch.zeros(count, dtype=torch.int64)
    slices = {
        "edge_index": torch.zeros(count + 1, dtype=torch.int64),
        "edge_attr": torch.zeros(count + 1, dtype=torch.int64),
        "assign": torch.cat([none[:1], pixels]),
        "image_size": torch.arange(count + 1),
    }
    nodes = torch.arange(count, device=partition.node_ptr.device)
    owner = nodes.repeat_interleave(partition.node_ptr.diff())
    out: ImageGraph = assemble(tensors, slices, ptr=partition.node_ptr, node_batch=owner)
    return out
