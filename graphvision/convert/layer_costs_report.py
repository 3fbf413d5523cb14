"""What the layers of a network cost on a partition and on the pixels, as a table."""

from dataclasses import dataclass

from graphvision.convert.text_table import counted, text_table

TITLES = (
    "layer", "kind", "plan", "nodes", "edges", "ms", "finding edges, ms",
    "pixels", "their edges", "their ms",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """One layer in one place.

    Attributes:
        nodes: of the result; None where it is no image any more.
        edges: messages that are sent, by tap and parallel ones counted; None where there are none.
        plan: what ran, for layers that send messages.
        seconds: of one pass forward, median.
    """

    nodes: int | None
    edges: int | None
    plan: str
    seconds: float


@dataclass(frozen=True)
class LayerCost:
    """One layer or function of a network.

    Attributes:
        layer: its path; with a number behind it where it is called more than once.
        kind: its class, or the function.
        graph: on the graph.
        pixels: on the painted images.
        finding_edges: seconds that the first pass on a new graph takes longer.
    """

    layer: str
    kind: str
    graph: Cost
    pixels: Cost
    finding_edges: float


@dataclass(frozen=True)
class LayerCosts:
    """What :func:`layer_costs` found: ``print`` shows a table, ``gv.plot_layer_costs`` draws it.

    Attributes:
        network: class of the CNN.
        images: shape of the painted images.
        nodes: of the graph at the start.
        layers: in the order of the calls.
    """

    network: str
    images: tuple[int, ...]
    nodes: int
    layers: tuple[LayerCost, ...]

    def __getitem__(self, layer: str) -> LayerCost:
        """The row of a layer."""
        for row in self.layers:
            if row.layer == layer:
                return row
        raise KeyError(f"`layer` must be one of {[r.layer for r in self.layers]}, got {layer!r}")

    @property
    def total(self) -> LayerCost:
        """Edges and seconds of all layers together."""
        on_graph, on_pixels = (
            Cost(None, sum(c.edges or 0 for c in costs), "", sum(c.seconds for c in costs))
            for costs in ([r.graph for r in self.layers], [r.pixels for r in self.layers])
        )
        finding = sum(row.finding_edges for row in self.layers)
        return LayerCost("all layers", self.network, on_graph, on_pixels, finding)

    def __str__(self) -> str:
        """A table."""
        shape = "×".join(str(n) for n in self.images)
        head = f"{self.network} on {self.nodes:,} nodes, and on the pixels of images {shape}"
        rows = [_cells(row) for row in (*self.layers, self.total)]
        return f"{head}\n" + text_table(TITLES, rows, words=3)


def _cells(row: LayerCost) -> tuple[str, ...]:
    on_graph, on_pixels = (
        (counted(cost.nodes), counted(cost.edges), f"{1e3 * cost.seconds:.3f}")
        for cost in (row.graph, row.pixels)
    )
    finding = f"{1e3 * row.finding_edges:.3f}" if row.graph.edges else ""
    return (row.layer, row.kind, row.graph.plan, *on_graph, finding, *on_pixels)
