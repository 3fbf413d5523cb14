"""How many objects an image shows: regression on whole images."""

from typing import Any

from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.losses import smooth_l1
from graphvision.tasks.metrics import RegressionScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure


class Counting(AbstractTask):
    """The number of objects, as one real number per image.

    Args:
        classes: names of the objects' classes; all count the same.

    Example:
        >>> Counting(("cat", "dog")).outputs
        1
    """

    name = "count"
    level = "graph"
    quick = True
    measures = (
        Measure("mae", "mean absolute error", percent=False, larger_is_better=False),
        Measure("rmse", "root mean squared error", percent=False, larger_is_better=False),
        Measure("r2", "R²", percent=False),
    )

    @property
    def outputs(self) -> int:
        """The number."""
        return 1

    def target(self, truth: Annotations, places: Places) -> Tensor:
        """Objects per image, ``[b]``."""
        (ptr,) = self.needs(truth, "box_ptr")
        return ptr.diff().to(places.pos.dtype)

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """Smooth L1."""
        return smooth_l1(rows[:, 0], target.to(rows.dtype))

    def decode(self, rows: Any, places: Places) -> Answer:
        """The numbers, as the only label's score."""
        return Answer(places.image_size, label_scores=rows)

    def judge(self) -> "CountingJudge":
        """Errors in objects."""
        return CountingJudge(self)


class CountingJudge(AbstractJudge):
    """Errors of numbers.

    Args:
        task: whose answers they are.
    """

    def __init__(self, task: Counting) -> None:
        super().__init__(numbers=RegressionScore())
        self.task = task

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        assert answer.label_scores is not None
        wanted = self.task.target(truth, places)
        self.scores["numbers"].update(answer.label_scores[:, 0], wanted)
