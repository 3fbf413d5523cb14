"""To networkx and back."""

from typing import Any

import numpy as np
import torch

from graphvision.graphs.image_graph import ImageGraph


def to_networkx(graph: ImageGraph) -> Any:
    """Copy a graph into a ``networkx.MultiDiGraph``.

    Nodes 0…n-1 carry ``x``, ``pos`` and ``area``, edges (source, target) ``edge_attr``, the graph
    itself ``assign`` (as a label map) and ``image_size``; all as NumPy arrays.

    Args:
        graph: one graph, no batch.

    Returns:
        A ``MultiDiGraph``, since an image graph may have parallel edges.

    Example:
        >>> import torch, graphvision as gv
        >>> g = gv.to_networkx(gv.grid_graph(torch.rand(1, 2, 3), connectivity=4))
        >>> g.number_of_nodes(), g.number_of_edges(), g.nodes[4]["pos"].tolist()
        (6, 14, [1.0, 1.0])
    """
    import networkx as nx

    size = graph.size_hw
    if len(size) != 1:
        raise ValueError(f"`graph` must be one graph, got a batch of {len(size)}")
    x, pos, area, edge_attr = (
        graph[name].detach().cpu().numpy() for name in ("x", "pos", "area", "edge_attr")
    )
    assign = graph.assign.cpu().numpy().reshape(size[0])
    made = nx.MultiDiGraph(image_size=np.array(size[0]), assign=assign)
    made.graph["edge_width"] = edge_attr.shape[1]
    made.graph["node_width"] = x.shape[1]
    made.graph["dtype"] = str(x.dtype)
    made.add_nodes_from((i, {"x": x[i], "pos": pos[i], "area": area[i]}) for i in range(len(x)))
    ends = graph.edge_index.t().tolist()
    made.add_edges_from((j, i, {"edge_attr": edge_attr[e]}) for e, (j, i) in enumerate(ends))
    return made


def from_networkx(source: Any) -> ImageGraph:
    """Build a graph from what :func:`to_networkx` gives, edited or not.

    Args:
        source: a networkx graph whose nodes 0…n-1 carry ``x``, ``pos`` and ``area``, whose edges
            carry ``edge_attr``, and with ``assign`` and ``image_size``; the edges of an undirected
            graph go both ways.

    Returns:
        An ``ImageGraph`` with its edges sorted.

    Raises:
        ValueError: nodes that are not 0…n-1, a missing attribute, or a broken contract.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.rand(1, 2, 3))
        >>> again = gv.from_networkx(gv.to_networkx(graph))
        >>> all(torch.equal(graph[key], again[key]) for key in graph.keys())
        True
    """
    for name in ("assign", "image_size"):
        if name not in source.graph:
            raise ValueError(f"`source` must have the graph attribute {name!r}, got none")
    n = source.number_of_nodes()
    if set(source.nodes) != set(range(n)):
        raise ValueError(f"`source` must have the nodes 0…{n - 1}, got others")
    directed = source if source.is_directed() else source.to_directed()
    edges = sorted(directed.edges(data="edge_attr"), key=lambda edge: (edge[1], edge[0]))
    ends = torch.tensor([(j, i) for j, i, _ in edges], dtype=torch.int64).view(-1, 2)
    dtype = np.dtype(source.graph.get("dtype", "float32"))
    edge_attr = _stack([a for *_, a in edges], source.graph.get("edge_width", 0), dtype)
    nodes = [source.nodes[i] for i in range(n)]
    size = np.asarray(source.graph["image_size"], dtype=np.int64)
    assign = np.asarray(source.graph["assign"], dtype=np.int64)
    graph = ImageGraph(
        x=_stack([v.get("x") for v in nodes], source.graph.get("node_width", 0), dtype),
        edge_index=ends.t().contiguous(),
        edge_attr=edge_attr,
        pos=_stack([v.get("pos") for v in nodes], len(size), dtype),
        area=_stack([v.get("area") for v in nodes], None, dtype),
        assign=torch.from_numpy(assign.flatten()),
        image_size=torch.from_numpy(size).view(1, -1),
    )
    graph.validate()
    return graph


def _stack(rows: list[Any], width: int | None, dtype: Any) -> torch.Tensor:
    if any(row is None for row in rows):
        raise ValueError("`source` must have x, pos, area and edge_attr throughout, got gaps")
    if not rows:
        return torch.from_numpy(np.empty((0,) if width is None else (0, width), dtype))
    return torch.from_numpy(np.stack([np.asarray(row, dtype) for row in rows]))
