"""Any partition × any window: the topology of a convolution or pooling off the grid.

Tap k connects region j to region i by the fraction of i's output pixels whose tap k falls on j,

    A_k[i, j] = #{q ∈ region i : T_k(q) ∈ region j} / |region i|,

so that a linear layer on the nodes equals *paint, convolve, take region means*. Regions of the
output are read from the input's label map at the centre of each window. A centre outside the image
is moved to the nearest pixel, so that padding by more than half a window makes output pixels share
a region; only a full raster, which is convolved as an image, has no such limit.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs._cache import TensorCache
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.topology import Edges, Topology, window_pixels, window_topology
from graphvision.graphs.window import Size, Window
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


def windowed_partition(graph: ImageGraph, window: Window) -> WindowedPartition:
    """The output partition of ``window`` on ``graph`` and the edges that lead to it.

    The result is remembered for as long as ``graph.assign`` lives and is not changed.

    Args:
        graph: one image graph or a batch, with any partition.
        window: the window of the layer.

    Raises:
        ValueError: the window doesn't fit into one of the images, or has other axes than they.

    Example:
        >>> import torch
        >>> from graphvision.graphs import Window, grid_graph, windowed_partition
        >>> graph = grid_graph(torch.rand(1, 4, 4))
        >>> pooled = windowed_partition(graph, Window.make(2, stride=2, dims=2))
        >>> pooled.assign.tolist(), pooled.image_size.tolist()
        ([0, 1, 2, 3], [[2, 2]])
    """
    sizes = graph.size_hw
    return _known.get(graph.assign, (window, *sizes), lambda: _derive(graph, window))


def _derive(graph: ImageGraph, window: Window) -> WindowedPartition:
    sizes = graph.size_hw
    if is_full_raster(graph):
        return _of_rasters(graph, sizes, window)
    device = graph.assign.device
    sources = graph.global_assign
    pixels, centres = _reads(sizes, window, device)
    seen = torch.where(centres >= 0, sources[centres.clamp(min=0)], -1)
    targets, kept = _compact(seen, graph.num_nodes)
    edges = _count(sources, pixels, targets, weights=_weights(sizes, window, device), graph=graph)
    image_size = torch.tensor([window.output_size(s) for s in sizes], device=device)
    node_ptr = torch.searchsorted(kept, graph.node_ptr)
    counts = image_size.prod(1)
    start = node_ptr[:-1].repeat_interleave(counts, output_size=len(targets))
    local = torch.where(targets >= 0, targets - start, -1)
    unchanged = torch.equal(image_size, graph.image_size) and torch.equal(local, graph.assign)
    topology = Topology(graph.num_nodes, len(kept), lambda: edges, window=window)
    return WindowedPartition(topology, local, image_size, node_ptr, unchanged)


def _of_rasters(graph: ImageGraph, sizes: list[Size], window: Window) -> WindowedPartition:
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


def _reads(sizes: list[Size], window: Window, device: torch.device) -> tuple[Tensor, Tensor]:
    """Per output pixel of the batch: the batch-wide input pixel of each tap, and of the centre."""
    pixels, centres, start = [], [], 0
    made: dict[Size, tuple[Tensor, Tensor]] = {}
    for size in sizes:
        if size not in made:
            made[size] = (window_pixels(size, window).to(device), _centre_pixels(size, window))
        taps, middle = made[size]
        pixels.append(torch.where(taps >= 0, taps + start, -1))
        centres.append(middle.to(device) + start)
        start += prod(size)
    return torch.cat(pixels), torch.cat(centres)


def _centre_pixels(size: Size, window: Window) -> Tensor:
    flat = torch.zeros(1, dtype=torch.int64)
    for index, length in zip(window.centres(size), size, strict=True):
        flat = (flat[:, None] * length + index[None, :]).flatten()
    return flat


def _weights(sizes: list[Size], window: Window, device: torch.device) -> Tensor | None:
    if window.divisor is None:
        return None
    found = [window.divisors(size) for size in sizes]
    return 1.0 / torch.cat([d.flatten() for d in found if d is not None]).to(device)


def _compact(labels: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Number the labels that occur by rank; -1 stays. Returns the ranks and the kept labels."""
    present = torch.zeros(count + 1, dtype=torch.bool, device=labels.device)
    present[labels] = True
    present[count] = False
    kept = present.nonzero().flatten()
    rank = present.long().cumsum(0) - 1
    return torch.where(labels >= 0, rank[labels.clamp(min=0)], -1), kept


def _count(
    sources: Tensor, pixels: Tensor, targets: Tensor, *, weights: Tensor | None, graph: ImageGraph
) -> Edges:
    """Count (target, source, tap) triples; ``weights`` is a factor per output pixel."""
    num_sources, num_taps = graph.num_nodes, pixels.shape[1]
    col = torch.where(pixels >= 0, sources[pixels.clamp(min=0)], -1)
    keep = (col >= 0) & (targets >= 0)[:, None]
    tap = torch.arange(num_taps, device=col.device).expand_as(col)
    key = (targets[:, None] * num_sources + col) * num_taps + tap
    triple, inverse, hits = key[keep].unique(return_inverse=True, return_counts=True)
    row = triple // (num_taps * num_sources)
    num_targets = int(targets.max()) + 1 if len(targets) else 0
    area = torch.bincount(targets[targets >= 0], minlength=num_targets)
    total = hits.double()
    if weights is not None:
        values = weights[:, None].expand_as(col)[keep]
        total = values.new_zeros(len(triple)).index_add_(0, inverse, values)
    csr = Csr.from_sorted(row, triple // num_taps % num_sources, num_targets, num_sources)
    return Edges(csr, triple % num_taps, total / area[row])


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
