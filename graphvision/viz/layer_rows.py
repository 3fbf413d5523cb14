"""A network layer by layer: a table, and beside every row dots on logarithmic axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from graphvision.viz.theme import Theme, colours, dress, new_figure

_ROW, _HEAD, _FOOT, _MARGIN, _GAP = 0.19, 0.9, 0.35, 0.15, 0.25  # inches
_FONT = 7.5  # points
_MARKS = ("o", "D", "s", "^")


class Column(NamedTuple):
    """Words or numbers, one per row; numbers stand right."""

    title: str
    cells: Sequence[str]
    words: bool = True

    @property
    def width(self) -> float:
        """In inches."""
        return 0.15 + max(_width(text) for text in {self.title, *self.cells})


def _width(text: str) -> float:
    """In inches, of bold letters, which are the widest."""
    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, size=_FONT, prop=FontProperties(weight="bold"), usetex=False)
    return float(path.get_extents().width) / 72


@dataclass(frozen=True)
class Panel:
    """Numbers ≥ 0 of every row, in one or several series.

    Attributes:
        title: what is measured.
        series: name to one number per row, None where there is none.
        tick: how a power of ten is written.
        limit: where a line is drawn, if anywhere.
        joined: whether a line joins the dots of a row.
    """

    title: str
    series: Mapping[str, Sequence[int | float | None]]
    tick: Callable[[float], str]
    limit: float | None = None
    joined: bool = False
    width: float = 2.3


class _Scale(NamedTuple):
    """Powers of ten; a place of its own on the left for 0, and on the right for what is no number.

    What is no number, such as an infinite difference, is written ∞.
    """

    low: int
    high: int
    zero: bool
    beyond: bool

    @classmethod
    def of(cls, panel: Panel) -> "_Scale":
        given = [v for values in panel.series.values() for v in values if v is not None]
        whole = [v for v in (*given, panel.limit or 0.0) if isfinite(v) and v > 0] or [1.0]
        low, high = floor(log10(min(whole))), ceil(log10(max(whole)))
        return cls(low, max(high, low + 1), 0 in given, not all(map(isfinite, given)))

    def place(self, value: int | float) -> float:
        if not isfinite(value):
            return self.high + self._aside
        return log10(value) if value > 0 else self.low - self._aside

    @property
    def _aside(self) -> float:
        return 0.17 * (self.high - self.low)

    @property
    def ends(self) -> tuple[float, float]:
        room = 0.4 * self._aside
        left, right = self.place(0.0) if self.zero else self.low, self.high
        return left - room, (self.place(inf) if self.beyond else right) + room

    def ticks(self, write: Callable[[float], str]) -> dict[float, str]:
        every = max(1, ceil((self.high - self.low) / 5))
        found = {float(n): write(10.0**n) for n in range(self.low, self.high + 1, every)}
        aside = ([0.0] if self.zero else []) + ([inf] if self.beyond else [])
        return found | {self.place(v): "∞" if v else "0" for v in aside}


def layer_rows(
    title: str, columns: Sequence[Column], panels: Sequence[Panel], *, theme: Theme
) -> Figure:
    """Draw a table with dots beside its rows; the last row is that of the whole network.

    Args:
        title: above all.
        columns: of the table; at least one, all of the same length.
        panels: with as many numbers in each series; the same series in all.
        theme: the look.

    Returns:
        A figure as high as it has rows.
    """
    count = len(columns[0].cells)
    text = sum(column.width for column in columns)
    width = 2 * _MARGIN + text + sum(panel.width + _GAP for panel in panels)
    height = _HEAD + _ROW * count + _FOOT
    figure = new_figure(theme, width, height)
    figure.set_layout_engine("none")

    def axes(left: float, across: float) -> Any:
        box = (left / width, _FOOT / height, across / width, _ROW * count / height)
        made = figure.add_axes(box, ylim=(count - 0.5, -0.5))
        for row in range(0, count, 2):
            made.axhspan(row - 0.5, row + 0.5, color=theme.faint, alpha=0.1, linewidth=0)
        made.axhline(count - 1.5, color=theme.ink, linewidth=0.8)
        return made

    _write(axes(_MARGIN, text), columns, theme)
    left = _MARGIN + text + _GAP
    for panel in panels:
        _draw(axes(left, panel.width), panel, theme)
        left += panel.width + _GAP
    figure.text(_MARGIN / width, 1 - 0.3 / height, title, color=theme.ink, weight="bold", size=10)
    figure.legend(
        *figure.axes[-1].get_legend_handles_labels(),
        loc="upper right",
        ncols=4,
        frameon=False,
        labelcolor=theme.ink,
        fontsize=8.5,
    )
    return figure


def _write(axes: Any, columns: Sequence[Column], theme: Theme) -> None:
    dress(axes, theme, grid=False)
    axes.set(xlim=(0, sum(column.width for column in columns)), xticks=[], yticks=[])
    left = 0.0
    for column in columns:
        side, place = ("left", 0.05) if column.words else ("right", column.width - 0.06)
        look = {"ha": side, "va": "center", "color": theme.ink, "size": _FONT}
        axes.text(left + place, -1.1, column.title, weight="bold", **look)
        for row, cell in enumerate(column.cells):
            weight = "bold" if row == len(column.cells) - 1 else "normal"
            axes.text(left + place, row, cell, weight=weight, **look)
        left += column.width


def _draw(axes: Any, panel: Panel, theme: Theme) -> None:
    dress(axes, theme, title=panel.title)
    axes.title.set(fontsize=_FONT + 1, position=(0, 1))
    scale = _Scale.of(panel)
    found = scale.ticks(panel.tick)
    axes.set(xlim=scale.ends, yticks=[])
    axes.set_xticks(list(found), list(found.values()))
    axes.tick_params(top=True, labeltop=True, labelsize=_FONT - 0.5)
    if scale.zero:
        axes.axvspan(scale.ends[0], scale.low, color=theme.faint, alpha=0.15, linewidth=0)
    if panel.limit is not None:
        look = {"color": theme.ink, "linestyle": (0, (4, 3)), "linewidth": 0.9}
        axes.axvline(scale.place(panel.limit), label=f"tolerance {panel.limit:.0e}", **look)
    if panel.joined:
        _join(axes, panel, scale, theme)
    shift = 0.17 if not panel.joined and len(panel.series) > 1 else 0.0
    # where two are the same, the first is seen around the second
    for at, (name, colour) in enumerate(colours(panel.series, theme).items()):
        values = panel.series[name]
        dots = [(scale.place(v), row) for row, v in enumerate(values) if v is not None]
        rows = [row + shift * (2 * at / max(1, len(panel.series) - 1) - 1) for _, row in dots]
        axes.scatter(
            [x for x, _ in dots], rows, s=max(10, 24 - 11 * at), marker=_MARKS[at % 4],
            color=colour, label=name, zorder=3, clip_on=False,
        )  # fmt: skip


def _join(axes: Any, panel: Panel, scale: _Scale, theme: Theme) -> None:
    for row, values in enumerate(zip(*panel.series.values(), strict=True)):
        places = [scale.place(v) for v in values if v is not None]
        if len(places) > 1:
            axes.plot([min(places), max(places)], [row, row], color=theme.faint, linewidth=1.5)
