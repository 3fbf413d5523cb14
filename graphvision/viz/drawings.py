"""The figures of the report."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from graphvision.viz.answers import AnsweredImage, answer_sheet
from graphvision.viz.confusion import confusion_matrices
from graphvision.viz.cost import score_against_cost
from graphvision.viz.curves import learning_curves
from graphvision.viz.measures import measures_of
from graphvision.viz.samples import Sample, sample_sheet
from graphvision.viz.theme import Theme

# Answers that are one class each, or that are drawn over the images.
Samples = Sequence[Sample | AnsweredImage]


class Drawing(NamedTuple):
    """A figure of the page.

    Attributes:
        name: of its files.
        title: above it.
        text: how to read it.
        draw: makes it for a light or a dark page.
    """

    name: str
    title: str
    text: str
    draw: Callable[[Theme], Figure]


def drawings(results: dict[str, Any], samples: Samples) -> list[Drawing]:
    """The figures that these results can be drawn as.

    Args:
        results: the content of ``results.json``.
        samples: test images to show, may be empty.

    Returns:
        In the order of the page.
    """
    measure = measures_of(results)[0]
    found = [
        Drawing(
            "curves",
            "Learning curves",
            "Lines are means over the seeds; bands reach from the worst to the best seed. "
            "What is drawn of training images is that of each batch when it was seen.",
            lambda theme: learning_curves(results, theme),
        ),
        Drawing(
            "cost",
            f"{measure.phrase[0].upper()}{measure.phrase[1:]} against cost",
            f"{'Up' if measure.larger_is_better else 'Down'} and to the left is better; costs on "
            "a logarithmic scale. Building the graphs comes on top and is in the table.",
            lambda theme: score_against_cost(results, theme),
        ),
    ]
    classes = results["dataset"]["classes"]
    confused = {name: row for name, row in results["models"].items() if row.get("confusion")}
    if confused:
        text = "Per cent of each true class (rows) by prediction (columns), all seeds together."
        found.append(
            Drawing(
                "confusion",
                "Confusion matrices",
                text,
                lambda theme: confusion_matrices(confused, classes, theme),
            )
        )
    if samples:
        found.append(_sheet(samples, classes))
    return found


def _sheet(samples: Samples, classes: Sequence[str]) -> Drawing:
    name, title = "samples", "Images, graphs, answers"
    told = [sample for sample in samples if isinstance(sample, Sample)]
    if told:
        text = (
            "Test images on which the models disagree most, then some others, with their graphs "
            "and the answers of the first seed."
        )
        return Drawing(name, title, text, lambda theme: sample_sheet(told, theme))
    drawn = [sample for sample in samples if isinstance(sample, AnsweredImage)]
    text = (
        "Test images with the borders of their nodes, the truth, and the answers of the first seed."
    )
    if any(one.boxes is not None for one in drawn[0].answers.values()):
        text += " Dashed beside the answers: the truth."
    return Drawing(name, title, text, lambda theme: answer_sheet(drawn, classes, theme))
