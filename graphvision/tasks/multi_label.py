"""Which classes an image shows: several, or none."""

from typing import Any

from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.losses import binary_cross_entropy
from graphvision.tasks.metrics import MultiLabelScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure


class MultiLabel(AbstractTask):
    """The classes of all objects of an image; one logit each.

    Args:
        classes: their names.

    Example:
        >>> MultiLabel(("cat", "dog")).outputs
        2
    """

    name = "tag"
    level = "graph"
    quick = True
    measures = (
        Measure("mean_average_precision", "mean AP of the classes"),
        Measure("micro_f1", "micro F1"),
        Measure("macro_f1", "macro F1"),
    )

    @property
    def outputs(self) -> int:
        """One logit per class."""
        return len(self.classes)

    def target(self, truth: Annotations, places: Places) -> Tensor:
        """1 for classes that the image shows, 0 for the others, ``[b, c]``."""
        labels, ptr = self.needs(truth, "box_labels", "box_ptr")
        present = labels.new_zeros(len(truth), len(self.classes))
        image = present.new_tensor(range(len(truth))).repeat_interleave(ptr.diff())
        present[image, labels] = 1
        return present

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """Binary cross-entropy of every class."""
        return binary_cross_entropy(rows, target)

    def decode(self, rows: Any, places: Places) -> Answer:
        """The logit of each class: it is shown where that is above 0."""
        return Answer(places.image_size, label_scores=rows)

    def judge(self) -> "MultiLabelJudge":
        """Average precision and F1."""
        return MultiLabelJudge(self)


class MultiLabelJudge(AbstractJudge):
    """Scores of several labels per image.

    Args:
        task: whose answers they are.
    """

    def __init__(self, task: MultiLabel) -> None:
        super().__init__(classes=MultiLabelScore(task.outputs))
        self.task = task

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        self.scores["classes"].update(answer.label_scores, self.task.target(truth, places))
