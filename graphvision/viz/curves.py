"""Learning curves: how fast each model learns, and how much the seeds differ."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graphvision.viz.theme import LIGHT, Theme, colours, dress, new_figure


def learning_curves(models: dict[str, Any], theme: Theme = LIGHT) -> Figure:
    """Accuracy on training and validation images over the epochs.

    Args:
        models: rows of ``results.json``; every run has a ``history``.
        theme: the look.

    Returns:
        Two panels; lines are means over the seeds, bands reach from the worst to the best seed.
    """
    figure = new_figure(theme, 9.6, 3.5)
    panels = figure.subplots(1, 2, sharey=True)
    for panel, part in zip(panels, ("train", "validation"), strict=True):
        for place, (name, colour) in enumerate(colours(models, theme).items()):
            histories = [run["history"] for run in models[name]["runs"]]
            epochs = [entry["epoch"] for entry in histories[0]]
            values = 100 * np.array([[e[f"{part}_accuracy"] for e in h] for h in histories])
            panel.plot(
                epochs,
                values.mean(0),
                color=colour,
                label=name,
                linewidth=_width(place),
                marker="o",
                ms=1.5 * _width(place),
            )
            panel.fill_between(
                epochs, values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0
            )
        dress(panel, theme, title=f"{part} images")
        panel.set_xlabel("epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylabel("accuracy, %")
    lines, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        lines,
        labels,
        loc="outside lower center",
        ncols=min(4, len(labels)),
        frameon=False,
        labelcolor=theme.ink,
        fontsize=9,
    )
    return figure


def _width(place: int) -> float:
    """Later lines are thinner: where two models do the same, both are seen."""
    return max(1.6, 3.4 - 0.9 * place)
