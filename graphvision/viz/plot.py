"""A graph drawn over its image."""

from typing import Any

import torch
from torch import Tensor

from graphvision.graphs.image_graph import ImageGraph
from graphvision.viz.lines import border_lines, changes, draw_lines
from graphvision.viz.picture import picture

_MOST_EDGES = 20_000
_MOST_NODES = 5_000


def plot(
    graph: ImageGraph,
    image: Any = None,
    ax: Any = None,
    *,
    regions: bool | None = None,
    nodes: bool | None = None,
    edges: bool | None = None,
    values: Tensor | None = None,
    cmap: str = "viridis",
) -> Any:
    """Draw region borders, nodes and edges of a graph over its image.

    Args:
        graph: the graph of a picture; of a batch take ``batch[i]``.
        image: what it was made from; without it each region is painted with its first feature.
        ax: matplotlib axes to draw on; a new square figure without it.
        regions: draw borders between regions; None: where regions have more than one pixel.
        nodes: draw nodes; None: up to 5,000 of them.
        edges: draw edges; None: up to 20,000 of them.
        values: one number per node, for the colours of the dots.
        cmap: matplotlib colour map for ``values`` and single-channel images without one.

    Returns:
        The axes. Nothing is shown: call ``plt.show()`` or ``ax.figure.savefig(…)``.

    Raises:
        ValueError: a batch, a graph that is not of a picture, an image of another size, or not one
            value per node.

    Example:
        >>> import matplotlib; matplotlib.use("Agg")
        >>> import torch, graphvision as gv
        >>> image = torch.rand(3, 28, 28)
        >>> ax = plot(gv.patch_graph(image, patch_size=4), image)
        >>> len(ax.collections)
        3
    """
    height, width = _size(graph)
    if values is not None and values.shape != (graph.num_nodes,):
        raise ValueError(
            f"`values` must have shape ({graph.num_nodes},), got {tuple(values.shape)}"
        )
    ax = ax if ax is not None else _new_axes(height, width)
    ax.imshow(**_backdrop(graph, image, cmap))
    scale = _node_scale(graph, ax)
    if regions if regions is not None else graph.num_nodes < height * width:
        _draw_borders(graph, ax, width=min(1.2, 0.05 * scale))
    if edges if edges is not None else graph.num_edges <= _MOST_EDGES:
        _draw_edges(graph, ax, width=min(1.2, 0.07 * scale))
    if nodes if nodes is not None else graph.num_nodes <= _MOST_NODES:
        diameter = min(7.0, (0.28 if values is None else 0.4) * scale)
        _draw_nodes(graph, ax, diameter=diameter, values=values, cmap=cmap)
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
    return ax


def _size(graph: Any) -> tuple[int, int]:
    sizes = graph.size_hw
    if len(sizes) != 1:
        raise ValueError(f"`graph` must be one graph, got a batch of {len(sizes)}: take batch[i]")
    if len(sizes[0]) != 2:
        raise ValueError(f"`graph` must be of a picture, got image size {sizes[0]}")
    return int(sizes[0][0]), int(sizes[0][1])


def _new_axes(height: int, width: int) -> Any:
    import matplotlib.pyplot as plt

    longest = max(height, width)
    _, ax = plt.subplots(figsize=(7 * width / longest + 0.1, 7 * height / longest + 0.1))
    ax.set_position([0.01, 0.01, 0.98, 0.98])
    return ax


def _backdrop(graph: Any, image: Any, cmap: str) -> dict[str, Any]:
    height, width = _size(graph)
    look: dict[str, Any] = {"interpolation": "nearest"}
    if image is None:
        assign = graph.assign.cpu().view(height, width)
        feature = graph.x.detach().cpu()[:, :1] if graph.x.shape[1] else graph.area.cpu()[:, None]
        padded = torch.cat([feature.flatten(), feature.new_full((1,), float("nan"))])
        return {"X": padded[assign].numpy(), "cmap": cmap, **look}
    shown = picture(image)
    if shown.shape[:2] != (height, width):
        got = "×".join(map(str, shown.shape[:2]))
        raise ValueError(f"`image` must be one picture of {height}×{width}, got {got}")
    return {"X": shown, "cmap": "gray", **look}


def _node_scale(graph: Any, ax: Any) -> float:
    """Distance between neighbouring nodes on paper, in points."""
    height, width = _size(graph)
    box = ax.get_window_extent()
    points = min(box.width / width, box.height / height) * 72 / ax.figure.dpi
    return float(points * (height * width / max(1, graph.num_nodes)) ** 0.5)


def _draw_borders(graph: Any, ax: Any, width: float) -> None:
    labels = graph.assign.cpu().view(_size(graph)).numpy()
    draw_lines(ax, border_lines(*changes(labels)), colors="#ffe94d", linewidths=width, zorder=2)


def _draw_edges(graph: Any, ax: Any, width: float) -> None:
    source, target = graph.edge_index.cpu()
    low, high = torch.minimum(source, target), torch.maximum(source, target)
    pairs = torch.unique(torch.stack([low, high])[:, low != high], dim=1)
    place = graph.pos.detach().cpu().flip(1)
    lines = torch.stack([place[pairs[0]], place[pairs[1]]], 1).numpy()
    draw_lines(ax, lines, colors="#4dd2ff", linewidths=width, alpha=0.9, zorder=3)


def _draw_nodes(graph: Any, ax: Any, *, diameter: float, values: Tensor | None, cmap: str) -> None:
    y, x = graph.pos.detach().cpu().numpy().T
    colour: dict[str, Any] = {"color": "#ff4d6d"}
    if values is not None:
        colour = {"c": values.detach().cpu().numpy(), "cmap": cmap}
    rim = 0.12 * diameter
    ax.scatter(x, y, s=diameter**2, edgecolors="white", linewidths=rim, zorder=4, **colour)
