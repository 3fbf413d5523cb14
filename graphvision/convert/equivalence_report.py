"""What a comparison of two networks found, as a table."""

from dataclasses import dataclass, field

from graphvision.convert.text_table import counted, text_table


@dataclass(frozen=True)
class LayerDifference:
    """One layer of a network in one form.

    Attributes:
        layer: its path; with a number behind it where it is called more than once.
        kind: its class.
        form: ``"lowered"`` or ``"scatter"`` (``lower=False``).
        plan: what ran, for layers that send messages.
        targets: nodes that receive, for layers that send messages.
        edges: edges, parallel ones counted.
        taps: taps of the window.
        output: largest difference of the outputs, as a part of the largest output.
        input_gradient: the same of the gradient of the input.
        parameter_gradient: the same over the gradients of its parameters.
    """

    layer: str
    kind: str
    form: str
    plan: str = ""
    targets: int | None = None
    edges: int | None = None
    taps: int | None = None
    output: float | None = None
    input_gradient: float | None = None
    parameter_gradient: float | None = None


_ROUNDING = {"float64": 1e-10, "float32": 1e-4}


@dataclass(frozen=True)
class EquivalenceReport:
    """What :func:`equivalence` found: ``print`` shows a table, ``gv.plot_equivalence`` draws it.

    Attributes:
        network: class of the CNN.
        dtype: of the comparison.
        images: shape of the images.
        layers: one row per layer and form.
        total: per form the differences of the network as a whole.
    """

    network: str
    dtype: str
    images: tuple[int, ...]
    layers: tuple[LayerDifference, ...]
    total: dict[str, LayerDifference] = field(default_factory=dict)

    @property
    def largest(self) -> float:
        """The largest difference of the network as a whole, over all forms."""
        found = [_largest(row) for row in self.total.values()]
        return max(found, default=0.0)

    @property
    def tolerance(self) -> float:
        """What rounding may come to in a whole network: 1e-10 in float64, 1e-4 in float32."""
        return _ROUNDING.get(self.dtype, 1e-1)

    def __str__(self) -> str:
        """A table."""
        shape = "×".join(str(n) for n in self.images)
        head = f"{self.network} on images {shape}, {self.dtype}: max|a - b| / max|b|"
        titles = ("layer", "kind", "plan", "nodes", "edges", "taps", "output", "∂input", "∂weights")
        blocks = [head]
        for form, total in self.total.items():
            rows = [_cells(r) for r in self.layers if r.form == form] + [_cells(total)]
            blocks.append(f"\n{form}\n" + text_table(titles, rows, words=3))
        return "\n".join(blocks)


def _largest(row: LayerDifference) -> float:
    found = (row.output, row.input_gradient, row.parameter_gradient)
    return max((d for d in found if d is not None), default=0.0)


def _cells(row: LayerDifference) -> tuple[str, ...]:
    numbers = (row.targets, row.edges, row.taps)
    differences = (row.output, row.input_gradient, row.parameter_gradient)
    return (
        row.layer,
        row.kind,
        row.plan,
        *map(counted, numbers),
        *("" if d is None else f"{d:.1e}" for d in differences),
    )
