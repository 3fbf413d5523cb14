"""``graphvision graph``: one image file becomes a graph, its facts and a picture of it."""

from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table
from torch import Tensor

from graphvision.graphs import EDGE_FEATURES, NODE_FEATURES, as_image, superpixel_graph
from graphvision.graphs.atomic import atomic_path
from graphvision.graphs.storage import save_graph
from graphvision.viz.plot import plot

DEFAULT_SEGMENTS = 75


def run(
    *, image: Path, segments: int | None, compactness: float, exact: bool, out: Path | None
) -> None:
    """Build the graph, print its facts, write ``NAME-graph.png`` and ``NAME-graph.safetensors``.

    Args:
        image: file with a picture.
        segments: superpixels to aim at; 75, or every pixel of a smaller image, where it is None.
        compactness: weight of place against colour.
        exact: exactly as many superpixels.
        out: folder for the two files; that of the image where it is None.

    Raises:
        ValueError: the file is no picture, or the settings don't fit it.
        OSError: it can't be read, or the folder can't be written.
    """
    pixels = as_image(image)
    count = min(DEFAULT_SEGMENTS, pixels[0].numel()) if segments is None else segments
    console = Console(highlight=False)
    with console.status("building the graph; the first time, kernels compile for half a minute"):
        graph = superpixel_graph(
            pixels, count, compactness, exact=exact, node_features="all", edge_features="all"
        )
    folder = image.parent if out is None else out
    overlay = folder / f"{image.stem}-graph.png"
    with atomic_path(overlay) as draft:
        _draw(graph, pixels, draft)
    target = folder / f"{image.stem}-graph.safetensors"
    save_graph(graph, target)
    console.print(_facts(graph, pixels))
    for path in (overlay, target):
        console.print(f"wrote [bold]{path}[/bold]", soft_wrap=True)


def _draw(graph: Any, pixels: Tensor, path: Path) -> None:
    height, width = pixels.shape[1:]
    longest = max(height, width)
    figure = Figure(figsize=(max(1.0, 8 * width / longest), max(1.0, 8 * height / longest)))
    FigureCanvasAgg(figure)
    shown = pixels[:3] if len(pixels) == 4 else pixels
    plot(graph, shown, figure.add_axes((0.0, 0.0, 1.0, 1.0)))
    figure.savefig(path, dpi=160)


def _facts(graph: Any, pixels: Tensor) -> Table:
    channels, height, width = pixels.shape
    neighbours = graph.edge_index[1].bincount(minlength=graph.num_nodes).to(torch.float32)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in (
        ("image", f"{height}×{width} pixels, {channels} channel{'s' if channels > 1 else ''}"),
        ("nodes", f"{graph.num_nodes:,} (one for every {graph.area.mean():.1f} pixels)"),
        ("pixels per node", _range(graph.area)),
        ("edges", f"{graph.num_edges:,}, both directions counted"),
        ("neighbours per node", _range(neighbours)),
        ("node features", _features(graph.x, NODE_FEATURES)),
        ("edge features", _features(graph.edge_attr, EDGE_FEATURES)),
    ):
        table.add_row(name, value)
    return table


def _range(values: Tensor) -> str:
    return f"{values.min():.0f} … {values.max():.0f}, {values.mean():.1f} on average"


def _features(values: Tensor, names: tuple[str, ...]) -> str:
    return f"{values.shape[1]} columns: {', '.join(name.replace('_', ' ') for name in names)}"
