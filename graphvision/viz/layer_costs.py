"""What the layers of a network cost on a partition and on the pixels, drawn."""

from matplotlib.figure import Figure

from graphvision.convert import Cost, LayerCost, LayerCosts
from graphvision.convert.text_table import counted
from graphvision.viz.layer_rows import Column, Panel, layer_rows
from graphvision.viz.numbers import duration, short
from graphvision.viz.theme import DARK, LIGHT


def plot_layer_costs(costs: LayerCosts, *, dark: bool = False) -> Figure:
    """Draw what :func:`graphvision.layer_costs` found: nodes, edges and time of every layer.

    Args:
        costs: the report.
        dark: for pages with light letters.

    Returns:
        A figure with logarithmic axes; a line joins the graph's number and that of the pixels. The
        time is that of a pass on a known graph; what a new graph takes to find its edges stands in
        the table. Notebooks show the figure, ``savefig`` writes it.

    Example:
        >>> import torch, graphvision as gv
        >>> cnn, image = gv.models.create("lenet5"), torch.rand(1, 28, 28)
        >>> graph = gv.patch_graph(image, patch_size=4)
        >>> costs = gv.layer_costs(gv.graphify(cnn, image[None]), graph)
        >>> gv.plot_layer_costs(costs).savefig("costs.png")  # doctest: +SKIP
    """
    rows = [*costs.layers, costs.total]
    graph, pixels = [row.graph for row in rows], [row.pixels for row in rows]
    columns = [
        Column("layer", [row.layer for row in rows]),
        Column("", [row.kind for row in rows]),
        Column("plan on the graph", [cost.plan for cost in graph]),
        *(
            Column(title, [counted(number) for number in numbers], words=False)
            for title, numbers in (
                ("nodes", [cost.nodes for cost in graph]),
                ("pixels", [cost.nodes for cost in pixels]),
                ("edges", [cost.edges for cost in graph]),
                ("of the pixels", [cost.edges for cost in pixels]),
            )
        ),
        Column("finding edges", [_time(row) for row in rows], words=False),
    ]
    shape = "×".join(str(n) for n in costs.images)
    title = f"{costs.network} on {costs.nodes:,} nodes and on the pixels of images {shape}"
    panels = [
        Panel(name, _both(graph, pixels, kind), tick, joined=True)
        for name, kind, tick in (
            ("nodes", "nodes", short),
            ("edges", "edges", short),
            ("time of a pass", "seconds", duration),
        )
    ]
    return layer_rows(title, columns, panels, theme=DARK if dark else LIGHT)


def _both(graph: list[Cost], pixels: list[Cost], kind: str) -> dict[str, list[int | float | None]]:
    both = {"graph": graph, "pixels": pixels}
    return {name: [getattr(cost, kind) for cost in costs] for name, costs in both.items()}


def _time(row: LayerCost) -> str:
    return duration(row.finding_edges) if row.graph.edges else ""
