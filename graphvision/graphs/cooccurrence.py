"""Any partition × any window: the topology of a convolution or pooling off the grid.

Tap k connects region j to region i by the fraction of i's output pixels whose tap k falls on j,

    A_k[i, j] = #{q ∈ region i : T_k(q) ∈ region j} / |region i|,

so that a linear layer on the nodes equals *paint, convolve, take region means*. Regions of the
output are read from the input's label map at the centre of each window. A centre outside the image
is moved to the nearest pixel, so that padding by more than half a window makes output pixels share
a region; only a full raster, which is convolved as an image, has no such limit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from math import prod

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs._cache import TensorCache
from graphvision.graphs.abstract_window import AbstractWindow, Size
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.topology import (
    Edges,
    Topology,
    flat_pixels,
    window_factors,
    window_pixels,
    window_topology,
)
from graphvision.kernels.gather import Csr


@dataclass(frozen=True, eq=False)
class WindowedPartition:
    """What a window makes of a partition.

    Attributes:
        topology: from the input's nodes to the output's.
        assign: output node of every output pixel, local to its image, flattened; -1 for ignored.
        image_size: the size of every output raster, ``[b, d]``.
        node_ptr: first output node of every image, ``[b + 1]``.
        unchanged: the output partition is the input partition.
    """

    topology: Topology
    assign: Int[Tensor, " p"]
    image_size: Int[Tensor, "b d"]
    node_ptr: Int[Tensor, " b_plus_1"]
    unchanged: bool

    @cached_property
    def shape(self) -> tuple[Float[Tensor, "n d"], Float[Tensor, " n"]]:
        """Centroid and area of every output node, in pixels of the output raster (float64)."""
        with torch.inference_mode(False):
            return _centroids(self)


_known = TensorCache()


def is_full_raster(graph: ImageGraph) -> bool:
    """Whether nodes are the pixels in row-major order, in images of one size."""

    def look() -> bool:
        if graph.num_nodes != len(graph.assign) or len(set(graph.size_hw)) != 1:
            return False
        nodes = torch.arange(len(graph.assign), device=graph.assign.device)
        return bool(torch.equal(graph.global_assign, nodes))

    return _known.get(graph.assign, ("raster", *graph.size_hw), look)


def windowed_partition(
    graph: ImageGraph, window: AbstractWindow, onto: ImageGraph | None = None
) -> WindowedPartition:
    """The output partition of ``window`` on ``graph`` and the edges that lead to it.

    The result is remembered for as long as ``graph.assign`` (and ``onto.assign``) lives and is not
    changed.

    Args:
        graph: one image graph or a batch, with any partition.
        window: the window of the layer.
        onto: takes the place of the labels at the windows' centres: a graph, or a batch of as many,
            whose partition becomes the output's. A decoder gives what the encoder had at this size.

    Raises:
        ValueError: the window doesn't fit into one of the images, or has other axes than they, or
            ``onto`` has other image sizes than the output.

    Example:
        >>> import torch
        >>> from graphvision.graphs import Window, grid_graph, windowed_partition
        >>> graph = grid_graph(torch.rand(1, 4, 4))
        >>> pooled = windowed_partition(graph, Window.make(2, stride=2, dims=2))
        >>> pooled.assign.tolist(), pooled.image_size.tolist()
        ([0, 1, 2, 3], [[2, 2]])
    """
    sizes = graph.size_hw
    if onto is None:
        return _known.get(graph.assign, (window, *sizes), lambda: _derive(graph, window))
    others = _known.get(graph.assign, "onto", TensorCache)
    key = (window, *sizes, *onto.size_hw)
    return others.get(onto.assign, key, lambda: _derive(graph, window, onto))


def _derive(
    graph: ImageGraph, window: AbstractWindow, onto: ImageGraph | None = None
) -> WindowedPartition:
    sizes = graph.size_hw
    outputs = [window.output_size(size) for size in sizes]
    if onto is not None and onto.size_hw != outputs:
        raise ValueError(
            f"`onto` must have the sizes {outputs[:4]} that the layer makes of its input, "
            f"got {onto.size_hw[:4]}"
        )
    if is_full_raster(graph) and (onto is None or is_full_raster(onto)):
        return _of_rasters(graph, sizes, window)
    labels = graph.global_assign.clone()  # what is remembered must not keep the graph alive
    if onto is None:
        targets, node_ptr = _by_centres(graph, window)
    else:
        targets, node_ptr = onto.global_assign.clone(), onto.node_ptr
    image_size = torch.tensor(outputs, device=labels.device)
    start = node_ptr[:-1].repeat_interleave(image_size.prod(1), output_size=len(targets))
    local = torch.where(targets >= 0, targets - start, -1)
    unchanged = torch.equal(image_size, graph.image_size) and torch.equal(local, graph.assign)
    nodes = (graph.num_nodes, int(node_ptr[-1]))
    edges = partial(_count, labels, targets, nodes=nodes, sizes=sizes, window=window)
    topology = Topology(*nodes, edges, window=window)
    return WindowedPartition(topology, local, image_size, node_ptr, unchanged)


def _of_rasters(graph: ImageGraph, sizes: list[Size], window: AbstractWindow) -> WindowedPartition:
    device = graph.assign.device
    out = window.output_size(sizes[0])
    topology = window_topology(sizes[0], window, len(sizes), device)
    unchanged = out == sizes[0] and all(
        torch.equal(c, torch.arange(n)) for c, n in zip(window.centres(out), out, strict=True)
    )
    return WindowedPartition(
        topology,
        torch.arange(prod(out), device=device).repeat(len(sizes)),
        torch.tensor([out] * len(sizes), device=device),
        torch.arange(len(sizes) + 1, device=device) * prod(out),
        unchanged,
    )


def _by_centres(graph: ImageGraph, window: AbstractWindow) -> tuple[Tensor, Tensor]:
    """The node of every output pixel of the batch, numbered anew, and each image's first node."""
    labels, sizes = graph.global_assign, graph.size_hw
    seen = _read(labels, _batch_pixels(sizes, lambda s: _centre_pixels(s, window), labels.device))
    seen = seen.squeeze(1)
    if window.skips_ignored and bool((seen < 0).any()):
        taken = _read(labels, _batch_pixels(sizes, lambda s: window_pixels(s, window), seen.device))
        first = (taken >= 0).byte().argmax(1, keepdim=True)
        seen = torch.where(seen >= 0, seen, taken.gather(1, first).squeeze(1))
    targets, kept = _compact(seen, graph.num_nodes)
    return targets, torch.searchsorted(kept, graph.node_ptr)


def _centre_pixels(size: Size, window: AbstractWindow) -> Tensor:
    return flat_pixels([index.unsqueeze(0) for index in window.centres(size)], size)


def _batch_pixels(
    sizes: list[Size], tables: Callable[[Size], Tensor], device: torch.device
) -> Int[Tensor, "p k"]:
    """Pixels that are read, counted over all images; where images read fewer, -1 fills up."""
    made = {size: tables(size).to(device) for size in set(sizes)}
    most = max(table.shape[1] for table in made.values())
    found, start = [], 0
    for size in sizes:
        pixels = F.pad(made[size], (0, most - made[size].shape[1]), value=-1)
        found.append(torch.where(pixels >= 0, pixels + start, -1))
        start += prod(size)
    return torch.cat(found)


def _batch_factors(
    sizes: list[Size], window: AbstractWindow, device: torch.device
) -> Float[Tensor, "p k"] | None:
    made = {size: window_factors(size, window) for size in set(sizes)}
    tables = [table.to(device) for size in sizes if (table := made[size]) is not None]
    if not tables:
        return None
    most = max(table.shape[1] for table in tables)
    return torch.cat([F.pad(table, (0, most - table.shape[1])) for table in tables])


def _read(labels: Tensor, pixels: Tensor) -> Tensor:
    return torch.where(pixels >= 0, labels[pixels.clamp(min=0)], -1)


def _compact(labels: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Number the labels that occur by rank; -1 stays. Returns the ranks and the kept labels."""
    present = torch.zeros(count + 1, dtype=torch.bool, device=labels.device)
    present[labels] = True
    present[count] = False
    kept = present.nonzero().flatten()
    rank = present.long().cumsum(0) - 1
    return torch.where(labels >= 0, rank[labels.clamp(min=0)], -1), kept


def _count(
    labels: Tensor,
    targets: Tensor,
    *,
    nodes: tuple[int, int],
    sizes: list[Size],
    window: AbstractWindow,
) -> Edges:
    """Count (target, source, tap) triples, each times its factor, as shares of the target."""
    num_sources, num_targets = nodes
    col = _read(labels, _batch_pixels(sizes, lambda s: window_pixels(s, window), labels.device))
    factors = _per_pixel_read(col) if window.skips_ignored else None
    if factors is None:
        factors = _batch_factors(sizes, window, col.device)
    keep = (col >= 0) & (targets >= 0)[:, None]
    num_taps = max(1, window.num_taps)
    tap = torch.arange(col.shape[1], device=col.device) if num_taps > 1 else targets.new_zeros(1)
    key = (targets[:, None] * num_sources + col) * num_taps + tap
    triple, inverse, hits = key[keep].unique(return_inverse=True, return_counts=True)
    row = triple // (num_taps * num_sources)
    area = torch.bincount(targets[targets >= 0], minlength=num_targets)
    total = hits.double()
    if factors is not None:
        values = factors.expand_as(col)[keep]
        total = values.new_zeros(len(triple)).index_add_(0, inverse, values)
    csr = Csr.from_sorted(row, triple // num_taps % num_sources, num_targets, num_sources)
    return Edges(csr, triple % num_taps if window.num_taps else None, total / area[row])


def _per_pixel_read(col: Int[Tensor, "p k"]) -> Float[Tensor, "p 1"]:
    """One over the number of pixels read by each output pixel."""
    return 1.0 / (col >= 0).sum(1, keepdim=True).double()


def _centroids(partition: WindowedPartition) -> tuple[Tensor, Tensor]:
    sizes = [tuple(s) for s in partition.image_size.tolist()]
    offset = partition.node_ptr[:-1].repeat_interleave(partition.image_size.prod(1))
    kept = partition.assign >= 0
    node = (partition.assign + offset)[kept]
    grids = {s: _coordinates(s) for s in set(sizes)}
    where = torch.cat([grids[s] for s in sizes]).to(node.device)[kept]
    count = partition.topology.num_targets
    area = torch.bincount(node, minlength=count).double()
    total = where.new_zeros(count, where.shape[1]).index_add_(0, node, where)
    return total / area.unsqueeze(1), area


def _coordinates(size: tuple[int, ...]) -> Tensor:
    axes = [torch.arange(n, dtype=torch.float64) for n in size]
    return torch.cartesian_prod(*axes).reshape(-1, len(size))
