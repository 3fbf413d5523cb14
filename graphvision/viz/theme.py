"""Colours and letters of every figure, for light and dark pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Theme:
    """One look.

    Attributes:
        name: ends up in file names.
        paper: background of the page's cards.
        ink: text and lines.
        faint: grid lines and secondary text.
        series: colours that stay apart for colour-blind readers, one per model.
        ramp: matplotlib colour map for matrices, from nothing to much.
    """

    name: str
    paper: str
    ink: str
    faint: str
    series: tuple[str, ...]
    ramp: str


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#1d2330",
    faint="#8a93a5",
    series=("#2563c9", "#d9541e", "#148a63", "#9a4fc4", "#b8860b", "#c2255c", "#0e7c9b", "#667085"),
    ramp="Blues",
)
DARK = Theme(
    name="dark",
    paper="#171c26",
    ink="#e6eaf2",
    faint="#7d879b",
    series=("#6ea3ff", "#ff9466", "#4cd0a0", "#c992f0", "#e6bd52", "#ff7fa8", "#5cc8e6", "#a3adbf"),
    ramp="magma",
)
THEMES = (LIGHT, DARK)

# Found by exchanging sRGB colours until the nearest two are as far apart as they can be, for full
# colour vision and for lack of red, green or blue cones; see tests/viz/test_theme.py.
_CLASSES = (
    "#0f2dff",
    "#f0e14b",
    "#b4002d",
    "#b487ff",
    "#00f0ff",
    "#3cc300",
    "#ff00a5",
    "#871eb4",
    "#a57800",
    "#ff9696",
)


def new_figure(theme: Theme, width: int | float, height: int | float) -> Figure:
    """An empty figure that belongs to no window.

    Args:
        theme: its look.
        width: in inches, > 0.
        height: in inches, > 0.

    Returns:
        A figure with the theme's background; style its axes with :func:`dress`.

    Example:
        >>> new_figure(LIGHT, 3, 2).get_facecolor()
        (1.0, 1.0, 1.0, 1.0)
    """
    figure = Figure(figsize=(width, height), dpi=160, facecolor=theme.paper, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def dress(axes: Any, theme: Theme, *, title: str = "", grid: bool = True) -> None:
    """Give axes the theme's colours: no box, faint grid, readable letters.

    Args:
        axes: matplotlib axes.
        theme: the look.
        title: above the axes, on the left.
        grid: draw horizontal and vertical lines.
    """
    axes.set_facecolor(theme.paper)
    axes.set_title(title, color=theme.ink, fontsize=10, loc="left", fontweight="bold")
    axes.tick_params(colors=theme.ink, labelsize=8, length=0)
    axes.xaxis.label.set(color=theme.ink, fontsize=9)
    axes.yaxis.label.set(color=theme.ink, fontsize=9)
    for side in axes.spines.values():
        side.set_visible(False)
    if grid:
        axes.grid(True, color=theme.faint, alpha=0.25, linewidth=0.7)
        axes.set_axisbelow(True)


def colours(models: Iterable[str], theme: Theme) -> dict[str, str]:
    """One colour for each model, the same in every figure.

    Args:
        models: names, in the order of the report.
        theme: where the colours come from.

    Returns:
        Model to colour.

    Example:
        >>> colours(["lenet5"], LIGHT)
        {'lenet5': '#2563c9'}
    """
    return {name: theme.series[i % len(theme.series)] for i, name in enumerate(models)}


def class_colour(index: int) -> tuple[float, float, float]:
    """The colour of a class or object over pictures, the same everywhere.

    Args:
        index: of the class, ≥ 0. Ten colours stay apart for colour-blind readers; those of further
            classes are the same, lighter and darker by turns.

    Returns:
        Red, green and blue, 0 … 1.

    Example:
        >>> class_colour(0)
        (0.058823529411764705, 0.17647058823529413, 1.0)
    """
    round_, place = divmod(index, len(_CLASSES))
    r, g, b = to_rgb(_CLASSES[place])
    towards, share = (round_ % 2, 1 - 0.55 ** ((round_ + 1) // 2))
    return tuple((1 - share) * part + share * towards for part in (r, g, b))  # type: ignore[return-value]


def name_models(figure: Figure, panel: Any, theme: Theme) -> None:
    """One legend for all panels, below them.

    Args:
        figure: where to write it.
        panel: axes on which every model has a labelled line.
        theme: the look.
    """
    marks, labels = panel.get_legend_handles_labels()
    figure.legend(
        marks,
        labels,
        loc="outside lower center",
        ncols=min(4, len(labels)),
        frameon=False,
        labelcolor=theme.ink,
        fontsize=9,
    )


def save_png(figure: Figure, path: Path) -> bytes:
    """Write a figure as PNG.

    Args:
        figure: what to write.
        path: the file.

    Returns:
        The bytes of the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", facecolor=figure.get_facecolor())
    return path.read_bytes()
