"""Confusion matrices: which classes are taken for which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from graphvision.viz.theme import LIGHT, Theme, dress, new_figure


def confusion_matrices(
    models: dict[str, Any], classes: Sequence[str], theme: Theme = LIGHT
) -> Figure:
    """One matrix per model, in per cent of each true class, over all seeds.

    Args:
        models: rows of ``results.json`` with a ``confusion``, at least one.
        classes: names of the rows and columns; the background comes before them where a matrix has
            one row more.
        theme: the look.

    Returns:
        At most three matrices in a row; rows are true classes, columns predictions.
    """
    across = 2 if len(models) in (2, 4) else min(3, len(models))
    down = -(-len(models) // across)
    figure = new_figure(theme, 3.6 * across + 0.6, 3.5 * down + 0.3)
    panels = figure.subplots(down, across, squeeze=False).flatten()
    for panel in panels[len(models) :]:
        panel.set_visible(False)
    for place, (panel, name) in enumerate(zip(panels, models, strict=False)):
        counts = np.array(models[name]["confusion"], dtype=float)
        names = ["background"] * (len(counts) - len(classes)) + list(classes)
        share = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
        panel.imshow(share, cmap=theme.ramp, vmin=0, vmax=100)
        dress(panel, theme, title=name, grid=False)
        ticks = range(len(names))
        panel.set_xticks(ticks, names, rotation=60, ha="right", fontsize=7)
        panel.set_yticks(ticks, names if place % across == 0 else [], fontsize=7)
        if len(names) <= 12:
            _write_cells(panel, share, theme)
    return figure


def _write_cells(panel: Any, share: np.ndarray, theme: Theme) -> None:
    dark_page = theme.name == "dark"
    for (row, column), value in np.ndenumerate(share):
        if value < 0.5:
            continue
        light_cell = (value > 55) if dark_page else (value < 55)
        panel.text(
            column,
            row,
            f"{value:.0f}",
            ha="center",
            va="center",
            fontsize=6.5,
            color="#1d2330" if light_cell else "#f4f6fb",
        )
