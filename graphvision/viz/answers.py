"""Test pictures beside their truth and what every model answered."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from torch import Tensor

from graphvision.graphs.annotations import Annotations
from graphvision.viz.marks import caption, draw_borders, draw_boxes, draw_regions, legend_entries
from graphvision.viz.picture import picture
from graphvision.viz.plot import plot
from graphvision.viz.theme import LIGHT, Theme, dress, new_figure

_TRUTH, _ANSWER = "#00e5ff", "#ff9d00"  # of boxes: on any picture, and for colour-blind readers


@dataclass(frozen=True)
class AnsweredImage:
    """One test image and the answers to it.

    Attributes:
        image: uint8, ``[c, h, w]``.
        truth: what is known of this one image.
        answers: by model, each of this one image.
        graph: its ``ImageGraph``, where a model used one.
    """

    image: Tensor
    truth: Annotations
    answers: dict[str, Annotations]
    graph: Any = None


def answer_sheet(
    samples: Sequence[AnsweredImage], classes: Sequence[str], theme: Theme = LIGHT
) -> Figure:
    """A row for each picture: the image, the truth, and the answer of each model side by side.

    Args:
        samples: what to show, at least one; all with answers of the same models.
        classes: names.
        theme: the look.

    Returns:
        The sheet. Of the truth only what was asked is shown. Objects have the colours of those
        true ones that they cover; boxes of the truth have one colour, boxes of answers another.
    """
    models = list(samples[0].answers)
    height, width = samples[0].image.shape[1:]
    across, side = 2 + len(models), 1.95
    spoken = any(_said(sample, classes) for sample in samples)
    down = side * height / width + (0.2 if spoken else 0.03)
    figure = new_figure(theme, side * across, down * len(samples) + 0.65)
    figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03, wspace=0.01, hspace=0.01)
    panels = figure.subplots(len(samples), across, squeeze=False)
    drawn: list[Annotations] = []
    for row, sample in zip(panels, samples, strict=True):
        truth = asked(sample.truth, list(sample.answers.values()))
        _draw_image(row[0], sample)
        _draw_answer(row[1], sample, truth, truth=None, classes=classes)
        for panel, answer in zip(row[2:], sample.answers.values(), strict=True):
            _draw_answer(panel, sample, answer, truth=truth, classes=classes)
        for panel in row:
            dress(panel, theme, grid=False)
            panel.set(xticks=[], yticks=[])
        drawn += [truth, *sample.answers.values()]
    for panel, title in zip(panels[0], ("image", "truth", *models), strict=True):
        text = "\n".join(textwrap.wrap(title, 20)) or title
        panel.set_title(text, color=theme.ink, fontsize=9, fontweight="bold", loc="left")
    _legend(figure, drawn, classes, theme)
    return figure


def asked(truth: Annotations, answers: Sequence[Annotations]) -> Annotations:
    """Of the truth, what the answers answer to.

    Args:
        truth: with all that is known.
        answers: of any models.

    Returns:
        The same truth, None where no answer says anything.

    Example:
        >>> import torch
        >>> truth = Annotations((4, 5), torch.tensor([2]), torch.zeros(1, 4, 5, dtype=torch.int64))
        >>> asked(truth, [Annotations((4, 5), torch.tensor([1]))]).semantic is None
        True
    """
    said = {
        field.name
        for answer in answers
        for field in fields(answer)
        if getattr(answer, field.name) is not None
    }
    if "borders" in said:
        said.add("instances")
    hidden: dict[str, Any] = dict.fromkeys({field.name for field in fields(truth)} - said)
    return replace(truth, **hidden)


def _draw_image(panel: Any, sample: AnsweredImage) -> None:
    if sample.graph is None:
        panel.imshow(picture(sample.image), cmap="gray", vmin=0, vmax=1)
    else:
        plot(sample.graph, sample.image, panel, nodes=False, edges=False)


def _draw_answer(
    panel: Any,
    sample: AnsweredImage,
    shown: Annotations,
    *,
    truth: Annotations | None,
    classes: Sequence[str],
) -> None:
    """An answer, or the truth itself where ``truth`` is None."""
    coloured = shown.semantic is not None or shown.instances is not None
    panel.imshow(picture(sample.image, grey=coloured), cmap="gray", vmin=0, vmax=1)
    draw_regions(panel, shown, match=truth, width=0.8)
    borders = getattr(shown, "borders", None)
    if borders is not None:
        draw_borders(panel, borders[0], width=0.9)
    if shown.boxes is not None and truth is None:
        draw_boxes(panel, shown, classes, colour=_TRUTH, fontsize=5.5, lw=1.2)
    elif shown.boxes is not None and truth is not None:
        if truth.boxes is not None:
            draw_boxes(panel, truth, classes, colour=_TRUTH, fontsize=0, lw=0.9, ls=(0, (3, 2)))
        draw_boxes(panel, shown, classes, colour=_ANSWER, fontsize=5.5, lw=1.2)
    panel.set_xlabel(_said(sample, classes) if truth is None else caption(shown, classes))


def _said(sample: AnsweredImage, classes: Sequence[str]) -> str:
    """The truth about the picture as a whole, where it was asked."""
    answers = sample.answers.values()
    if any(answer.labels is not None for answer in answers):
        return caption(sample.truth, classes)
    labels = sample.truth.box_labels
    if labels is None or not any(caption(answer, classes) for answer in answers):
        return ""
    names = ", ".join(classes[label] for label in labels.unique().tolist())
    return f"{len(labels)} objects{': ' if names else ''}{names}"


def _legend(
    figure: Figure, drawn: Sequence[Annotations], classes: Sequence[str], theme: Theme
) -> None:
    marks: list[Any] = [
        Patch(color=colour, label=name) for colour, name in legend_entries(drawn, classes)
    ]
    if any(one.boxes is not None for one in drawn):
        marks.append(Line2D([], [], color=_TRUTH, lw=2, label="truth"))
        marks.append(Line2D([], [], color=_ANSWER, lw=2, label="answer, with its score"))
    if any(getattr(one, "borders", None) is not None for one in drawn):
        marks.append(Patch(fc="white", ec=theme.faint, label="border: the surer, the more opaque"))
    if marks:
        figure.legend(
            handles=marks,
            loc="outside lower center",
            ncols=min(6, len(marks)),
            frameon=False,
            labelcolor=theme.ink,
            fontsize=9,
        )
