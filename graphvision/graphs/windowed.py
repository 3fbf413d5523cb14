"""The graph that a convolution or pooling leaves behind."""

import copy

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.cooccurrence import WindowedPartition
from graphvision.graphs.image_graph import ImageGraph


def windowed_graph(
    graph: ImageGraph, partition: WindowedPartition, x: Float[Tensor, "n c"]
) -> ImageGraph:
    """``graph`` after a layer: new features on the output partition.

    Where the partition is unchanged, edges, positions and labels stay. Where the raster changes
    (stride, padding, pooling), nodes, positions and areas are those of the output raster, in its
    pixels, and there are no edges: convolutions don't need them.

    Args:
        graph: the layer's input, one graph or a batch.
        partition: what the layer's window made of it.
        x: the layer's output.
    """
    if partition.unchanged:
        out: ImageGraph = copy.copy(graph)
        out.x = x
        return out
    pos, area = _shape(partition, x)
    tensors = {
        "x": x,
        "edge_index": torch.zeros((2, 0), dtype=torch.int64, device=x.device),
        "edge_attr": x.new_zeros(0, 0 if graph.edge_attr is None else graph.edge_attr.shape[1]),
        "pos": pos,
        "area": area,
        "assign": partition.assign,
        "image_size": partition.image_size,
    }
    if len(partition.image_size) == 1 and not isinstance(graph, Batch):
        return ImageGraph(**tensors)
    return _batch(tensors, partition)


def _shape(partition: WindowedPartition, x: Tensor) -> tuple[Tensor, Tensor]:
    sizes = [tuple(s) for s in partition.image_size.tolist()]
    pixels = partition.image_size.prod(1)
    offset = partition.node_ptr[:-1].repeat_interleave(pixels)
    kept = partition.assign >= 0
    node = (partition.assign + offset)[kept]
    grids = {s: _coordinates(s) for s in set(sizes)}
    where = torch.cat([grids[s] for s in sizes]).to(x.device)[kept]
    count = partition.topology.num_targets
    area = torch.bincount(node, minlength=count)
    total = where.new_zeros(count, where.shape[1]).index_add_(0, node, where)
    return (total / area.unsqueeze(1)).to(x.dtype), area.to(x.dtype)


def _coordinates(size: tuple[int, ...]) -> Tensor:
    axes = [torch.arange(n, dtype=torch.float64) for n in size]
    return torch.cartesian_prod(*axes).reshape(-1, len(size))


def _batch(tensors: dict[str, Tensor], partition: WindowedPartition) -> ImageGraph:
    count = len(partition.image_size)
    ptr = partition.node_ptr.cpu()
    pixels = partition.image_size.prod(1).cumsum(0).cpu()
    none = torch.zeros(count, dtype=torch.int64)
    slices = {
        "edge_index": torch.zeros(count + 1, dtype=torch.int64),
        "edge_attr": torch.zeros(count + 1, dtype=torch.int64),
        "assign": torch.cat([none[:1], pixels]),
        "image_size": torch.arange(count + 1),
    }
    made = Batch(_base_cls=ImageGraph)
    for name, tensor in tensors.items():
        made[name] = tensor
    nodes = torch.arange(count, device=partition.node_ptr.device)
    made.batch = nodes.repeat_interleave(partition.node_ptr.diff())
    made.ptr = partition.node_ptr
    made._num_graphs = count
    made._slice_dict = {name: slices.get(name, ptr) for name in tensors}
    made._inc_dict = {name: ptr[:-1] if name == "edge_index" else none for name in tensors}
    out: ImageGraph = made
    return out
