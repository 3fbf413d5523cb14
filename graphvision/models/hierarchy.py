"""Coarser graphs from a graph: who merges with whom, decided without gradients."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.coarsen import merge_edges
from graphvision.graphs.matching import match_nodes
from graphvision.graphs.topology import Edges, Topology
from graphvision.kernels._starts import starts
from graphvision.kernels.gather import Csr, gather_reduce
from graphvision.models.structure import Structure
from graphvision.nn.readouts import mean_by_area

MERGES = ("matching", "cells")


@dataclass(frozen=True, eq=False)
class Coarser:
    """A structure whose nodes were merged.

    Attributes:
        structure: after merging.
        node: the new node of every old one.
        nodes: the old nodes of every new one.
        share: of every old node, in the order of ``nodes``, in the area of its new node.
        edges: the old edges of every new one.
    """

    structure: Structure
    node: Int[Tensor, " n"]
    nodes: Csr
    share: Float[Tensor, " n"]
    edges: Csr

    def mean(self, x: Float[Tensor, "n c"]) -> Float[Tensor, "m c"]:
        """Means of the old nodes by their areas."""
        return gather_reduce(x, self.nodes, self.share.to(x.dtype))


def merged(structure: Structure, node: Int[Tensor, " n"]) -> Coarser:
    """Merge nodes.

    Args:
        structure: before.
        node: the new node of every old one, 0…m-1, numbered image by image, none left out.
    """
    count = int(node.max()) + 1 if len(node) else 0
    nodes = Csr.from_groups(node, count)
    col = nodes.col.long()
    area = gather_reduce(structure.area.to(torch.float64).unsqueeze(1), nodes).flatten()
    share = structure.area[col] / area[nodes.row]
    pos = gather_reduce(structure.pos, nodes, share.to(structure.pos.dtype))
    image = structure.image.new_empty(count).index_copy(0, node[col], structure.image[col])
    ptr = starts(torch.bincount(image, minlength=len(structure.image_size)))
    old = torch.stack([structure.col, structure.csr.row])
    (source, target), edges = merge_edges(old, node, count)
    csr = Csr.from_sorted(target, source, count, count)
    coarse = Structure(
        topology=Topology(count, count, lambda: Edges(csr)),
        order=None,
        node_ptr=ptr,
        pos=pos,
        area=area.to(structure.area.dtype),
        image_size=structure.image_size,
    )
    return Coarser(coarse, node, nodes, share, edges)


def hierarchy(structure: Structure, levels: int, merge: str) -> list[Coarser]:
    """Graphs of about a fourth of the nodes each, as pooling of 2 × 2 pixels makes.

    ``"matching"`` joins neighbours in pairs, twice per level, those first whose union adds least to
    the spread of features and places within nodes, ``a_i a_j / (a_i + a_j) · ‖f_i − f_j‖²``, with
    the graph's features standardised in each image. ``"cells"`` merges what has its centre in the
    same cell of a raster, whose sides double; on a pixel grid they are 2, 4, 8, … pixels.

    Args:
        structure: of a graph that wasn't merged.
        levels: how many coarser graphs.
        merge: which.

    Returns:
        The coarser graphs, each made from the one before.

    Raises:
        ValueError: no such way to merge.
    """
    if merge not in MERGES:
        raise ValueError(f"`merge` must be one of {list(MERGES)}, got {merge!r}")
    found: list[Coarser] = []
    with torch.no_grad():
        values = _spread(structure) if merge == "matching" else None
        side = _root_area(structure)
        for level in range(levels):
            if values is not None:
                node = _paired(structure, values)
            else:
                node = _in_cells(structure, side * 2 ** (level + 1))
            found.append(merged(structure, node))
            values = None if values is None else found[-1].mean(values)
            structure = found[-1].structure
    return found


def _spread(structure: Structure) -> Tensor:
    """What the nodes of an image differ in: features, standardised, and places."""
    x = structure.graph.x
    x = x - mean_by_area(x, structure)[structure.image]
    spread = mean_by_area(x.square(), structure).sqrt().clamp(min=1e-6)
    extent = structure.image_size.to(x.dtype)[structure.image]
    place = 2 * structure.pos.to(x.dtype) / extent
    return torch.cat([x / spread[structure.image] / x.shape[1] ** 0.5, place], 1)


def _paired(structure: Structure, values: Tensor) -> Tensor:
    """Neighbours joined in pairs, and then the pairs."""
    whole = torch.arange(len(values), device=values.device)
    for _ in range(2):
        low, high = structure.pairs.ends
        area = structure.area.to(values.dtype)
        weight = area[low] * area[high] / (area[low] + area[high])
        cost = weight * (values[low] - values[high]).square().sum(1)
        order = _shuffled(structure, low, high)
        first = match_nodes(torch.stack([low, high])[:, order], cost[order], len(values))
        step = merged(structure, torch.unique(first, return_inverse=True)[1])
        whole, values, structure = step.node[whole], step.mean(values), step.structure
    return whole


def _shuffled(structure: Structure, low: Tensor, high: Tensor) -> Tensor:
    """An order of the pairs in which those of equal cost don't form long chains.

    It depends on the numbers that the nodes have in their own image, so that the rest of the batch
    plays no part.
    """
    offset = structure.node_ptr[structure.image[low]]
    mixed = (low - offset) * 2_654_435_761 + (high - offset) * 40_503_000_077
    return torch.argsort((mixed % 2_147_483_647) * 48_271 % 2_147_483_647, stable=True)


def _root_area(structure: Structure) -> Tensor:
    """Side of a square of an image's mean area per node."""
    nodes = structure.node_ptr.diff().clamp(min=1)
    area = structure.area.to(torch.float64)
    total = area.new_zeros(len(nodes)).index_add_(0, structure.image, area)
    return (total / nodes).sqrt()


def _in_cells(structure: Structure, side: Tensor) -> Tensor:
    """Nodes whose centres lie in one cell of their image."""
    cell = ((structure.pos + 0.5) / side[structure.image].unsqueeze(1)).floor().long()
    key = torch.cat([structure.image.unsqueeze(1), cell], 1)
    node: Tensor = torch.unique(key, dim=0, return_inverse=True)[1]
    return node
