"""Learning curves: how fast each model learns, and how much the seeds differ."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graphvision.viz.measures import measures_of
from graphvision.viz.theme import LIGHT, Theme, colours, dress, name_models, new_figure


class _Curve(NamedTuple):
    key: str
    title: str
    label: str
    factor: int


def learning_curves(results: dict[str, Any], theme: Theme = LIGHT) -> Figure:
    """The first measure of the task and the loss over the epochs.

    Args:
        results: the content of ``results.json``; every run has a ``history`` with ``train_loss``,
            ``validation_loss``, ``validation_<measure>`` and, where it is known,
            ``train_<measure>``.
        theme: the look.

    Returns:
        One panel for each of them; lines are means over the seeds, bands reach from the worst to
        the best seed.
    """
    models = results["models"]
    histories = {name: [run["history"] for run in row["runs"]] for name, row in models.items()}
    curves = _curves(results, histories)
    across = 2 if len(curves) == 4 else len(curves)
    down = len(curves) // across
    figure = new_figure(theme, 9.6, 3.0 * down + 0.5)
    panels = figure.subplots(down, across, squeeze=False).flatten()
    first: dict[str, Any] = {}
    for panel, curve in zip(panels, curves, strict=True):
        if first.setdefault(curve.label, panel) is not panel:
            panel.sharey(first[curve.label])
        for place, (name, colour) in enumerate(colours(models, theme).items()):
            _draw(panel, histories[name], curve, place=place, color=colour, label=name)
        dress(panel, theme, title=curve.title)
        panel.set(xlabel="epoch", ylabel=curve.label)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    name_models(figure, panels[0], theme)
    return figure


def _curves(results: dict[str, Any], histories: dict[str, Any]) -> list[_Curve]:
    measure = measures_of(results)[0]
    return [
        _Curve(f"{part}_{key}", f"{part} images", label, factor)
        for key, label, factor in (
            (measure.name, measure.heading, measure.factor),
            ("loss", "loss", 1),
        )
        for part in ("train", "validation")
        if all(f"{part}_{key}" in runs[0][0] for runs in histories.values())
    ]


def _draw(panel: Any, runs: list[Any], curve: _Curve, *, place: int, **look: Any) -> None:
    """One model; later lines are thinner: where two models do the same, both are seen."""
    epochs = [entry["epoch"] for entry in runs[0]]
    values = np.array([[entry[curve.key] for entry in run] for run in runs], dtype=float)
    values *= curve.factor
    width = max(1.6, 3.4 - 0.9 * place)
    panel.plot(epochs, values.mean(0), linewidth=width, marker="o", ms=1.5 * width, **look)
    low, high = values.min(0), values.max(0)
    panel.fill_between(epochs, low, high, color=look["color"], alpha=0.15, linewidth=0)
