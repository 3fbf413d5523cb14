"""Sample images beside their graphs, with what every model said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor

from graphvision.viz.picture import picture
from graphvision.viz.theme import LIGHT, Theme, dress, new_figure


@dataclass(frozen=True)
class Sample:
    """One test image and the answers to it.

    Attributes:
        image: uint8, ``[c, h, w]``.
        truth: its class.
        answers: predicted class by model.
        graph: its ``ImageGraph``, where a model used one.
    """

    image: Tensor
    truth: str
    answers: dict[str, str]
    graph: Any = None


def sample_sheet(samples: Sequence[Sample], theme: Theme = LIGHT) -> Figure:
    """A row of images, their graphs below, the answers below that.

    Args:
        samples: what to show, at least one.
        theme: the look; wrong answers are marked and coloured.

    Returns:
        The sheet.
    """
    rows = 2 if any(sample.graph is not None for sample in samples) else 1
    lines = max(len(sample.answers) for sample in samples)
    figure = new_figure(theme, 1.55 * len(samples), 1.6 * rows + 0.155 * lines + 0.3)
    figure.set_layout_engine("compressed")
    panels = figure.subplots(rows, len(samples), squeeze=False)
    for column, sample in enumerate(samples):
        panel = panels[0, column]
        panel.imshow(picture(sample.image), cmap="gray", vmin=0, vmax=1)
        dress(panel, theme, grid=False)
        panel.set_title(sample.truth, fontsize=9, fontweight="bold", color=theme.ink)
        if rows == 2 and sample.graph is not None:
            _draw_graph(panels[1, column], sample)
            dress(panels[1, column], theme, grid=False)
        for panel in panels[:, column]:
            panel.set(xticks=[], yticks=[])
        _write_answers(panels[-1, column], sample, theme)
    return figure


def _draw_graph(panel: Any, sample: Sample) -> None:
    from graphvision.viz.plot import plot

    plot(sample.graph, sample.image, ax=panel)


def _write_answers(panel: Any, sample: Sample, theme: Theme) -> None:
    for line, (model, answer) in enumerate(sample.answers.items()):
        right = answer == sample.truth
        panel.annotate(
            f"{'✓' if right else '✗'} {model}: {answer}",
            (0.0, 0.0),
            xytext=(0, -9 - 11 * line),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=6.5,
            va="top",
            color=theme.ink if right else theme.series[1],
        )
