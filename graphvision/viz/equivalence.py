"""How far a network of messages is from its CNN, drawn layer by layer."""

from math import log10
from typing import Any

from matplotlib.figure import Figure

from graphvision.convert import EquivalenceReport, LayerDifference
from graphvision.convert.text_table import counted
from graphvision.viz.layer_rows import Column, Panel, layer_rows
from graphvision.viz.theme import DARK, LIGHT

_LABELS = {"lowered": "lowered", "scatter": "lower=False"}
_PANELS = {
    "output": "outputs",
    "input_gradient": "gradients of the inputs",
    "parameter_gradient": "gradients of the weights",
}
_NUMBERS = {"targets": "nodes", "edges": "edges", "taps": "taps"}


def plot_equivalence(report: EquivalenceReport, *, dark: bool = False) -> Figure:
    """Draw what :func:`graphvision.equivalence` found: a row for each layer, both forms beside.

    Args:
        report: of one form or of several.
        dark: for pages with light letters.

    Returns:
        A figure: nodes, edges, taps and plans of the layers, and the largest relative differences
        of outputs, input gradients and weight gradients on logarithmic axes. Exact zeros have a
        place of their own on the left; the dashed line is ``report.tolerance``. Notebooks show it,
        ``savefig`` writes it.

    Example:
        >>> import torch, graphvision as gv
        >>> cnn, images = gv.models.create("lenet5"), torch.rand(1, 1, 28, 28)
        >>> report = gv.equivalence(cnn, gv.graphify(cnn, images), images)
        >>> gv.plot_equivalence(report).savefig("equivalence.png")  # doctest: +SKIP
    """
    forms = list(report.total)
    names = list(dict.fromkeys(row.layer for row in report.layers))
    found = {(row.layer, row.form): row for row in report.layers}
    rows = [[found.get((name, form)) for form in forms] for name in names]
    rows.append([report.total[form] for form in forms])
    shape = "×".join(str(n) for n in report.images)
    return layer_rows(
        f"{report.network} as message passing against the CNN: largest |a − b| / largest |b|, "
        f"images {shape}, {report.dtype}",
        _columns(rows, forms),
        [
            Panel(
                title,
                {_LABELS[form]: _values(rows, i, kind) for i, form in enumerate(forms)},
                tick=_power,
                limit=report.tolerance,
            )
            for kind, title in _PANELS.items()
        ],
        theme=DARK if dark else LIGHT,
    )


_Rows = list[list[LayerDifference | None]]


def _columns(rows: _Rows, forms: list[str]) -> list[Column]:
    known = [next(row for row in of_forms if row is not None) for of_forms in rows]
    numbers = [
        Column(title, [_number(of_forms, kind) for of_forms in rows], words=False)
        for kind, title in _NUMBERS.items()
    ]
    plans = [
        Column(f"plan, {_LABELS[form]}", [row.plan if row else "" for row in column])
        for form, column in zip(forms, zip(*rows, strict=True), strict=True)
    ]
    names = [Column("layer", [row.layer for row in known]), Column("", [row.kind for row in known])]
    return [*names, *numbers, *plans]


def _number(of_forms: list[LayerDifference | None], kind: str) -> str:
    """The same in all forms, but unknown where torch's own function ran."""
    found = [getattr(row, kind) for row in of_forms]
    return counted(next((number for number in found if number is not None), None))


def _values(rows: _Rows, form: int, kind: str) -> list[float | None]:
    found: list[Any] = [of_forms[form] for of_forms in rows]
    return [None if row is None else getattr(row, kind) for row in found]


def _power(value: float) -> str:
    return f"$10^{{{round(log10(value))}}}$"
