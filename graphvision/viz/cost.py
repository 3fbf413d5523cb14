"""What models reach against what it costs."""

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from graphvision.viz.measures import measures_of
from graphvision.viz.theme import LIGHT, Theme, colours, dress, name_models, new_figure

_COSTS: tuple[tuple[str, Callable[[dict[str, Any]], float]], ...] = (
    ("multiply-adds per image", lambda row: row["multiply_adds"]),
    ("parameters", lambda row: row["parameters"]),
    ("training time, s per seed", lambda row: row["train_seconds"]["mean"]),
)


def score_against_cost(results: dict[str, Any], theme: Theme = LIGHT) -> Figure:
    """The first measure of the task over operations, parameters and training time.

    Args:
        results: the content of ``results.json``.
        theme: the look.

    Returns:
        Three panels with logarithmic costs: to the left is cheaper. Bars are one standard
        deviation over the seeds.
    """
    measure, models = measures_of(results)[0], results["models"]
    figure = new_figure(theme, 9.6, 3.3)
    panels = figure.subplots(1, len(_COSTS), sharey=True)
    for panel, (label, cost) in zip(panels, _COSTS, strict=True):
        for place, (name, colour) in enumerate(colours(models, theme).items()):
            score = models[name][measure.name]
            panel.errorbar(
                max(cost(models[name]), 1e-9),
                measure.factor * measure.mean(models[name]),
                yerr=measure.factor * (score["sd"] or 0.0),
                fmt="o",
                ms=max(6.0, 12.0 - 3.0 * place),
                color=colour,
                capsize=3,
                label=name,
            )
        panel.set_xscale("log")
        _widen(panel, [float(cost(row)) for row in models.values()])
        panel.margins(y=0.15)
        dress(panel, theme)
        panel.set_xlabel(label)
    panels[0].set_ylabel(f"test {measure.heading}")
    name_models(figure, panels[0], theme)
    return figure


def _widen(panel: Any, costs: list[float]) -> None:
    """At least a decade and a half, so that differences keep their proportion."""
    low, high = max(min(costs), 1e-9), max([*costs, 1e-9])
    pad = max(10**0.75 / (high / low) ** 0.5, 2.0)
    panel.set_xlim(low / pad, high * pad)
    panel.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 3.0)))
    panel.xaxis.set_major_formatter(EngFormatter(sep=""))
    panel.xaxis.set_minor_formatter(NullFormatter())
