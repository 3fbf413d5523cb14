"""scikit-image's region adjacency graphs, in and out."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.graphs.adjacencies import AbstractAdjacency
from graphvision.graphs.builders import Names, image_graph
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.images import as_image
from graphvision.graphs.nodes import Nodes
from graphvision.graphs.partitions import Labels


class _Given(AbstractAdjacency):
    """The edges of a RAG, both ways."""

    def __init__(self, ends: Tensor) -> None:
        self.ends = ends

    def edges(self, nodes: Nodes, x: Tensor) -> Tensor:
        n = max(1, nodes.regions.num_regions)
        both = torch.cat([self.ends, self.ends.flip(0)], 1)
        key = torch.unique(both[1] * n + both[0])
        return torch.stack([key % n, key // n])


def from_rag(
    rag: Any,
    label_map: Any,
    image: Any,
    *,
    node_features: Names = ("mean",),
    edge_features: Names = ("displacement",),
) -> ImageGraph:
    """Build a graph with the regions of a label map and the edges of a RAG over them.

    Args:
        rag: ``skimage.graph.RAG``; after merging, its nodes' ``"labels"`` say which labels each
            one holds.
        label_map: ``[h, w]`` integers, the map that the RAG was made from.
        image: anything that ``as_image`` takes, of the same size.
        node_features: see :func:`image_graph`.
        edge_features: see :func:`image_graph`.

    Returns:
        An ``ImageGraph`` whose nodes are the RAG's, in increasing order of their smallest label;
        RAG edges go both ways, and ``edge_weight`` ``[e]`` holds their ``"weight"`` where all have
        one.

    Raises:
        ValueError: labels of the map that no node of the RAG holds.

    Example:
        >>> import numpy as np, skimage.graph, graphvision as gv
        >>> image, label_map = np.zeros((2, 2, 3)), np.array([[5, 5], [7, 9]])
        >>> rag = skimage.graph.rag_mean_color(image, label_map)
        >>> gv.from_rag(rag, label_map, image).edge_index.tolist()
        [[1, 2, 0, 2, 0, 1], [0, 0, 1, 1, 2, 2]]
    """
    labels = np.asarray(label_map)
    owner = {label: v for v, data in rag.nodes(data=True) for label in data.get("labels", [v])}
    unknown = sorted(set(np.unique(labels).tolist()) - set(owner))
    if unknown:
        raise ValueError(f"`rag` must hold every label of `label_map`, got none for {unknown[:5]}")
    used = np.unique(labels)
    names = {v: i for i, v in enumerate(dict.fromkeys(owner[label] for label in used.tolist()))}
    ranks = np.array([names[owner[label]] for label in used.tolist()], dtype=np.int64)
    merged = ranks[np.searchsorted(used, labels)]
    kept = [(names[a], names[b]) for a, b in rag.edges if a in names and b in names and a != b]
    ends = torch.tensor(kept, dtype=torch.int64).view(-1, 2).t()
    graph: ImageGraph = image_graph(
        as_image(image), Labels(merged, ignore=None), _Given(ends),
        node_features=node_features, edge_features=edge_features,
    )  # fmt: skip
    back = list(names)
    pairs = graph.edge_index.t().tolist()
    weights = [rag.edges[back[j], back[i]].get("weight") for j, i in pairs]
    if weights and all(w is not None for w in weights):
        graph.edge_weight = torch.tensor(weights, dtype=graph.x.dtype)
    return graph


def to_rag(graph: ImageGraph, weight: Float[Tensor, " e"] | None = None) -> Any:
    """Turn a graph of a picture into a ``skimage.graph.RAG`` over its ``assign`` map.

    Args:
        graph: one graph, no batch; ``graph.assign.view(h, w)`` is the label map that goes with it.
        weight: one number per edge, for the RAG's ``"weight"``; of the two directions of an edge
            the mean. Without it 1 everywhere.

    Returns:
        A RAG whose nodes carry ``"labels"``, ``"pixel count"``, ``"centroid"`` (y, x) and ``"x"``.

    Example:
        >>> import torch, graphvision as gv
        >>> rag = gv.to_rag(gv.patch_graph(torch.rand(1, 4, 4), patch_size=2, adjacency=4))
        >>> sorted(rag.edges), rag.nodes[3]["centroid"]
        ([(0, 1), (0, 2), (1, 3), (2, 3)], (2.5, 2.5))
    """
    from skimage.graph import RAG

    if len(graph.size_hw) != 1:
        raise ValueError(f"`graph` must be one graph, got a batch of {len(graph.size_hw)}")
    rag = RAG()
    x = graph.x.detach().cpu().numpy()
    for i in range(graph.num_nodes):
        rag.add_node(i, labels=[i])
        rag.nodes[i]["pixel count"] = int(graph.area[i])
        rag.nodes[i]["centroid"] = tuple(graph.pos[i].tolist())
        rag.nodes[i]["x"] = x[i]
    values = torch.ones(graph.num_edges) if weight is None else weight.detach()
    found: dict[tuple[int, int], list[float]] = {}
    for (j, i), value in zip(graph.edge_index.t().tolist(), values.tolist(), strict=True):
        if i != j:
            found.setdefault((min(i, j), max(i, j)), []).append(value)
    for (i, j), several in found.items():
        rag.add_edge(i, j, weight=sum(several) / len(several))
    return rag
