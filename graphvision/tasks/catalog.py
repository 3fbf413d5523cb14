"""Tasks by name."""

from collections.abc import Sequence
from typing import Any

from graphvision.tasks.classification import Classification
from graphvision.tasks.counting import Counting
from graphvision.tasks.detection import Detection
from graphvision.tasks.edges import Edges
from graphvision.tasks.localization import Localization
from graphvision.tasks.multi_label import MultiLabel
from graphvision.tasks.segmentation import Segmentation
from graphvision.tasks.task import AbstractTask

_TASKS: dict[str, type[AbstractTask]] = {
    task.name: task
    for task in (
        Classification,
        Counting,
        Detection,
        Edges,
        Localization,
        MultiLabel,
        Segmentation,
    )
}


def create(name: str, classes: Sequence[str], **settings: Any) -> AbstractTask:
    """Make a task.

    Args:
        name: one of :func:`names`.
        classes: names of the objects' classes, without the background.
        **settings: of the task's class.

    Raises:
        ValueError: there is no such task, or a setting lies outside its range.

    Example:
        >>> create("segment", ("cat", "dog")).outputs
        3
    """
    if name not in _TASKS:
        raise ValueError(f"`task` must be one of {names()}, got {name!r}")
    return _TASKS[name](classes, **settings)


def names() -> list[str]:
    """The tasks that :func:`create` knows.

    Example:
        >>> names()
        ['classify', 'count', 'detect', 'edges', 'localize', 'segment', 'tag']
    """
    return sorted(_TASKS)
