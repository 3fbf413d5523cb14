"""What is wrong with a graph, in words."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch

_NEEDED = ("x", "edge_index", "edge_attr", "pos", "area", "assign", "image_size")


def problems(graph: Any) -> list[str]:
    """Check every promise of :class:`ImageGraph`, for a graph or a batch.

    Args:
        graph: an ``ImageGraph``, or a ``Batch`` of them.

    Returns:
        One line for each broken promise; empty where nothing is wrong.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.rand(1, 2, 2))
        >>> graph.assign = graph.assign + 1
        >>> problems(graph)
        ['`assign` must lie in -1…3, got values from 1 to 4', '`assign` must use every node, got \
none of node 0']
    """
    missing = [name for name in _NEEDED if not isinstance(getattr(graph, name, None), Tensor)]
    if missing:
        return [
            f"`{name}` must be a tensor, got {type(getattr(graph, name, None))}" for name in missing
        ]
    found = list(_shapes(graph))
    if found:
        return found
    checks: tuple[Callable[[Any], Iterator[str]], ...] = (_pointers, _edges, _pixels, _values)
    for check in checks:
        found.extend(check(graph))
        if found and check is _pointers:
            break
    return found


def _shapes(graph: Any) -> Iterator[str]:
    n, e = len(graph.x), graph.edge_index.shape[-1]
    expected: dict[str, tuple[int | None, ...]] = {
        "x": (n, None),
        "edge_index": (2, e),
        "edge_attr": (e, None),
        "pos": (n, None),
        "area": (n,),
        "assign": (None,),
        "image_size": (graph.num_graphs if isinstance(graph, Batch) else 1, None),
    }
    for name, shape in expected.items():
        tensor = graph[name]
        fits = tensor.ndim == len(shape) and all(
            s in (None, t) for s, t in zip(shape, tensor.shape, strict=True)
        )
        if not fits:
            text = ", ".join("any" if s is None else str(s) for s in shape)
            yield f"`{name}` must have shape ({text}), got {tuple(tensor.shape)}"
        whole = name in ("edge_index", "assign", "image_size")
        if whole and tensor.dtype != torch.int64:
            yield f"`{name}` must be int64, got {str(tensor.dtype)[6:]}"
        if not whole and not tensor.is_floating_point():
            yield f"`{name}` must be floating, got {str(tensor.dtype)[6:]}"


def _pointers(graph: Any) -> Iterator[str]:
    if bool((graph.image_size < 1).any()):
        yield f"`image_size` must be at least 1, got {graph.image_size.tolist()}"
        return
    pixels = int(graph.image_size.prod(dim=1).sum())
    if len(graph.assign) != pixels:
        yield f"`assign` must have one entry per pixel ({pixels}), got {len(graph.assign)}"
    if graph.pos.shape[1] != graph.image_size.shape[1]:
        axes = graph.image_size.shape[1]
        yield f"`pos` must have {axes} columns as `image_size` has, got {graph.pos.shape[1]}"
    if isinstance(graph, Batch):
        ptr, n = graph.ptr, graph.num_nodes
        if int(ptr[0]) != 0 or int(ptr[-1]) != n or bool((ptr.diff() < 0).any()):
            yield f"`ptr` must rise from 0 to {n}, got {ptr.tolist()}"


def _edges(graph: Any) -> Iterator[str]:
    source, target = graph.edge_index
    if len(source) == 0:
        return
    low, high = int(graph.edge_index.min()), int(graph.edge_index.max())
    if low < 0 or high >= graph.num_nodes:
        yield f"`edge_index` must lie in 0…{graph.num_nodes - 1}, got values from {low} to {high}"
        return
    key = target * graph.num_nodes + source
    if bool((key.diff() < 0).any()):
        place = int((key.diff() < 0).nonzero()[0]) + 1
        yield f"`edge_index` must be sorted by target, then source; edge {place} is out of order"
    image = torch.searchsorted(graph.node_ptr, graph.edge_index.contiguous(), right=True)
    if bool((image[0] != image[1]).any()):
        yield "`edge_index` must stay within one image, got edges between images"


def _pixels(graph: Any) -> Iterator[str]:
    counts = graph.image_size.prod(dim=1)
    nodes = graph.node_ptr.diff().repeat_interleave(counts)
    assign = graph.assign
    if bool(((assign < -1) | (assign >= nodes)).any()):
        most = int(graph.node_ptr.diff().max()) - 1
        low, high = int(assign.min()), int(assign.max())
        yield f"`assign` must lie in -1…{most}, got values from {low} to {high}"
    places = graph.global_assign
    places = places[(assign >= 0) & (places < graph.num_nodes)]
    area = torch.bincount(places, minlength=graph.num_nodes)
    if bool((area == 0).any()):
        yield f"`assign` must use every node, got none of node {int((area == 0).nonzero()[0])}"
    elif not torch.equal(graph.area.double(), area.double()):
        node = int((graph.area.double() != area.double()).nonzero()[0])
        yield (
            f"`area` must count the pixels of `assign`, "
            f"got {float(graph.area[node])} for node {node}, which has {int(area[node])}"
        )


def _values(graph: Any) -> Iterator[str]:
    for name in ("x", "edge_attr", "pos"):
        if not bool(torch.isfinite(graph[name]).all()):
            yield f"`{name}` must be finite, got NaN or infinite values"
