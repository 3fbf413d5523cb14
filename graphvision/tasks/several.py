"""Several tasks at once, learned by one network."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure

JOIN = "+"  # between the names of tasks


class Several:
    """Tasks of different levels, whose losses are added with weights.

    The network gives a dict of outputs by level (``heads`` of the graph models).

    Args:
        tasks: one for each level at most; models are compared by the first one's first measure. A
            measure of a later one that has the name of an earlier score is called by its task, too:
            ``edges_boundary_f``.
        weights: of the losses by the tasks' names; 1 where none is given.

    Raises:
        ValueError: no task, two of one level, or a weight of a task that isn't there.

    Example:
        >>> from graphvision.tasks import Edges, Segmentation
        >>> both = Several([Segmentation(("cat",)), Edges(("cat",))], {"edges": 0.5})
        >>> both.heads
        {'node': 2, 'edge': 1}
    """

    level = "several"
    quick = False

    def __init__(
        self, tasks: "list[AbstractTask]", weights: Mapping[str, float] | None = None
    ) -> None:
        levels = [task.level for task in tasks]
        if not tasks or len(set(levels)) < len(levels):
            raise ValueError(f"`tasks` must be one for each level at most, got {levels}")
        given = dict(weights or {})
        unknown = sorted(given.keys() - {task.name for task in tasks})
        if unknown:
            raise ValueError(f"`weights` must be of the tasks, got {unknown}")
        self.tasks = tuple(tasks)
        self.weights = {task.name: given.get(task.name, 1.0) for task in tasks}
        self.classes = tasks[0].classes
        self.name = JOIN.join(task.name for task in tasks)
        known: dict[str, Any] = {}
        measures = []
        for task in tasks:
            names = _own_names(task.name, task.judge().compute(), known)
            measures += [_named(measure, names, task.name) for measure in task.measures]
            known |= dict.fromkeys(names.values())
        self.measures = tuple(measures)

    @property
    def heads(self) -> dict[str, int]:
        """Numbers that the network gives, by level."""
        return {task.level: task.outputs for task in self.tasks}

    def rows(self, outputs: Mapping[str, Tensor], places: Places) -> dict[str, Tensor]:
        """One row for each image, node or edge, by level."""
        return {task.level: task.rows(outputs[task.level], places) for task in self.tasks}

    def target(self, truth: Annotations, places: Places) -> dict[str, Any]:
        """What the rows should say, by level."""
        return {task.level: task.target(truth, places) for task in self.tasks}

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """The weighted sum of the losses."""
        terms = [
            self.weights[task.name] * task.loss(rows[task.level], target[task.level], places)
            for task in self.tasks
        ]
        total: Tensor = sum(terms[1:], terms[0])
        return total

    def decode(self, rows: Any, places: Places) -> Answer:
        """The answers of all tasks in one; what two of them answer is that of the first."""
        known: dict[str, Any] = {}
        for task in reversed(self.tasks):
            answer = task.decode(rows[task.level], places)
            found = {field.name: getattr(answer, field.name) for field in fields(answer)}
            known |= {name: value for name, value in found.items() if value is not None}
        return Answer(**known)

    def judge(self) -> "SeveralJudge":
        """Scores of every task."""
        return SeveralJudge({task.name: task.judge() for task in self.tasks})


class SeveralJudge(AbstractJudge):
    """The judges of several tasks, side by side.

    Args:
        judges: by the names of their tasks. Where two give a score of one name, the later one's
            gets the task's name in front.
    """

    def __init__(self, judges: Mapping[str, AbstractJudge]) -> None:
        super().__init__()
        self.judges = dict(judges)

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        for judge in self.judges.values():
            judge.update(answer, truth, places)

    def merge(self, other: Any) -> None:
        """Take in what another process has collected."""
        for name, judge in self.judges.items():
            judge.merge(other.judges[name])

    def compute(self) -> dict[str, Any]:
        """The scores by name."""
        found: dict[str, Any] = {}
        for task, judge in self.judges.items():
            scores = judge.compute()
            names = _own_names(task, scores, found)
            found |= {names[key]: value for key, value in scores.items()}
        return found


def _own_names(task: str, scores: Iterable[str], known: Container[str]) -> dict[str, str]:
    """Names of a task's scores beside those that there are already.

    Example:
        >>> _own_names("edges", ["ari", "boundary_f"], {"mean_iou", "boundary_f"})
        {'ari': 'ari', 'boundary_f': 'edges_boundary_f'}
    """
    return {name: f"{task}_{name}" if name in known else name for name in scores}


def _named(measure: Measure, names: Mapping[str, str], task: str) -> Measure:
    name = names[measure.name]
    if name == measure.name:
        return measure
    return replace(measure, name=name, title=f"{measure.title}, {task}")
