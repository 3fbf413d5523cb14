"""Classification of whole images: one class each."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.losses import cross_entropy
from graphvision.tasks.metrics import ClassificationScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure


class Classification(AbstractTask):
    """The class of an image.

    Args:
        classes: their names.
        smoothing: share of the target that training spreads over all classes, 0 … 1.

    Raises:
        ValueError: no class, or the share lies outside its range.

    Example:
        >>> Classification(("cat", "dog")).outputs
        2
    """

    name = "classify"
    level = "graph"
    quick = True
    measures = (
        Measure("accuracy", "accuracy"),
        Measure("precision", "macro precision"),
        Measure("recall", "macro recall"),
        Measure("f1", "macro F1"),
    )

    def __init__(self, classes: Sequence[str], *, smoothing: float = 0.0) -> None:
        super().__init__(classes)
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"`smoothing` must be in 0…1, got {smoothing}")
        self.smoothing = smoothing

    @property
    def outputs(self) -> int:
        """One logit per class."""
        return len(self.classes)

    def target(self, truth: Annotations, places: Places) -> Tensor:
        """The labels; -1 counts nothing."""
        return self.needs(truth, "labels")[0]

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """Cross-entropy, smoothed."""
        return cross_entropy(rows, target, smoothing=self.smoothing)

    def decode(self, rows: Any, places: Places) -> Answer:
        """The likeliest class of each image."""
        return Answer(places.image_size, labels=rows.argmax(1), label_scores=rows)

    def judge(self) -> "ClassificationJudge":
        """Scores over images, and the confusion matrix."""
        return ClassificationJudge(self.outputs)


class ClassificationJudge(AbstractJudge):
    """Scores of classes, and the confusion matrix.

    Args:
        classes: how many.
    """

    def __init__(self, classes: int) -> None:
        self._classes = ClassificationScore(classes)
        super().__init__(classes=self._classes)

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        assert answer.label_scores is not None
        assert truth.labels is not None
        self._classes.update(answer.label_scores, truth.labels)

    def compute(self) -> dict[str, Any]:
        """The scores by name, and ``confusion``: rows are true classes."""
        return super().compute() | {"confusion": self._classes.confusion.tolist()}
