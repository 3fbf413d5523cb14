"""Merging nodes of a graph, and with them edges that become parallel."""

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.batching import GraphArrays
from graphvision.graphs.image_graph import ImageGraph
from graphvision.kernels._starts import starts
from graphvision.kernels.gather import REDUCTIONS, Csr, gather_reduce


def coarsen(
    graph: ImageGraph | Batch,
    cluster: Tensor,
    *,
    node_reduce: str = "mean",
    edge_reduce: str = "mean",
) -> ImageGraph | Batch:
    """Merge all nodes of one cluster into one node.

    ``x_k = ⊕_{i: cluster[i] = k} x_i``, where a mean weighs nodes by their area: if ``x`` holds
    pixel means, so does the result. Areas are added, positions are means by area, and ``assign``
    leads every pixel to its new node. Edges within a cluster vanish; edges between the same two
    clusters become one, ``e_kl = ⊕ e_ji``.

    Args:
        graph: a graph, or a batch of images of one size.
        cluster: any integer per node; nodes of different images never merge.
        node_reduce: ⊕ of the node features: ``"mean"``, ``"sum"``, ``"max"``, ``"min"`` or
            ``"std"``.
        edge_reduce: ⊕ of the edge features, out of the same; a mean counts every edge once.

    Returns:
        Nodes in the order of their images, then of their clusters' numbers; edges sorted by target,
        then source; no isolated cluster is lost. Differentiable in ``x`` and ``edge_attr``.

    Raises:
        ValueError: ``cluster`` is no vector of one integer per node, or an unknown reduction.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.arange(4.0).view(1, 1, 4), connectivity=4)
        >>> half = coarsen(graph, torch.tensor([0, 0, 5, 5]))
        >>> half.x.flatten().tolist(), half.edge_index.tolist(), half.assign.tolist()
        ([0.5, 2.5], [[1, 0], [0, 1]], [0, 0, 1, 1])

    Source:
        Relabelling and merging as in ``torch_geometric.nn.pool``; the oracle of the merged edges is
        ``torch_geometric.utils.coalesce`` (``test_edges_match_coalesce``).
    """
    for name, reduce in (("node_reduce", node_reduce), ("edge_reduce", edge_reduce)):
        if reduce not in REDUCTIONS:
            raise ValueError(f"`{name}` must be one of {list(REDUCTIONS)}, got {reduce!r}")
    node, image = _relabel(graph, cluster)
    members = Csr.from_groups(node, len(image))
    ptr = starts(torch.bincount(image, minlength=len(graph.image_size)))
    area = gather_reduce(graph.area.unsqueeze(1), members)
    edge_index, parallel = merge_edges(graph.edge_index, node, len(image))
    arrays = GraphArrays(
        x=_merge(graph.x, graph.area, area, members, node_reduce),
        edge_index=edge_index,
        edge_attr=gather_reduce(graph.edge_attr, parallel, reduce=edge_reduce),
        pos=_merge(graph.pos, graph.area, area, members, "mean"),
        area=area.flatten(),
        labels=_new_labels(graph, node, ptr),
        ptr=ptr,
        node_batch=image,
    )
    return arrays.batch() if isinstance(graph, Batch) else arrays.single()


def _relabel(graph: Any, cluster: Tensor) -> tuple[Tensor, Tensor]:
    """The new node of every node, and the image of every new node."""
    whole = not cluster.is_floating_point() and cluster.dtype != torch.bool
    if not whole or cluster.shape != (graph.num_nodes,):
        raise ValueError(
            f"`cluster` must be an integer tensor of shape ({graph.num_nodes},), "
            f"got {str(cluster.dtype)[6:]} of shape {tuple(cluster.shape)}"
        )
    if len(set(graph.size_hw)) > 1:
        raise ValueError(f"`graph` must hold images of one size, got {graph.size_hw[:4]}")
    images = torch.arange(len(graph.image_size), device=cluster.device)
    image = images.repeat_interleave(graph.node_ptr.diff(), output_size=len(cluster))
    pairs, node = torch.unique(torch.stack([image, cluster.long()]), dim=1, return_inverse=True)
    return node, pairs[0]


def _merge(values: Tensor, weight: Tensor, total: Tensor, rows: Csr, reduce: str) -> Tensor:
    if reduce != "mean":
        return gather_reduce(values, rows, reduce=reduce)
    share = weight.to(values.dtype)[rows.col.long()]
    return gather_reduce(values, rows, share) / total.to(values.dtype)


def merge_edges(
    edge_index: Int[Tensor, "2 e"], node: Int[Tensor, " n"], count: int
) -> tuple[Int[Tensor, "2 f"], Csr]:
    """The edges between merged nodes.

    Args:
        edge_index: the edges before.
        node: the new node of every node.
        count: new nodes.

    Returns:
        The new edges, sorted by target, then source, and the old edges of each; those within a new
        node are edges no more.

    Example:
        >>> edges = torch.tensor([[1, 0, 2, 1], [0, 1, 1, 2]])
        >>> new, old = merge_edges(edges, torch.tensor([0, 0, 1]), 2)
        >>> new.tolist(), old.col.tolist()
        ([[1, 0], [0, 1]], [2, 3])
    """
    source, target = node[edge_index]
    between = (source != target).nonzero().flatten()
    key = (target * max(1, count) + source)[between]
    key, order = key.sort(stable=True)
    edges, slot = torch.unique_consecutive(key, return_inverse=True)
    rows = Csr.from_sorted(slot, between[order], len(edges), edge_index.shape[1])
    return torch.stack([edges % max(1, count), edges // max(1, count)]), rows


def _new_labels(graph: Any, node: Tensor, ptr: Tensor) -> Tensor:
    old = graph.global_assign.view(len(graph.image_size), *graph.size_hw[0])
    first = ptr[:-1].view(-1, *[1] * (old.ndim - 1))
    labels: Tensor = old
    if len(node):
        labels = torch.where(old >= 0, node[old.clamp(min=0)] - first, -1)
    return labels
