"""Tasks by name."""

from collections.abc import Sequence
from typing import Any

from graphvision.tasks.classification import Classification
from graphvision.tasks.counting import Counting
from graphvision.tasks.detection import Detection
from graphvision.tasks.edges import Edges
from graphvision.tasks.localization import Localization
from graphvision.tasks.multi_label import MultiLabel
from graphvision.tasks.options import Option, options_of
from graphvision.tasks.segmentation import Segmentation
from graphvision.tasks.several import JOIN, Several
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


def create(name: str, classes: Sequence[str], **options: Any) -> AbstractTask | Several:
    """Make a task, or several that one network learns at once.

    Args:
        name: one of :func:`names`, or several with ``+`` between, which make a :class:`Several`.
        classes: names of the objects' classes, without the background.
        **options: of the task's class; see :func:`task_options`.

    Raises:
        ValueError: there is no such task or option, or an option lies outside its range.

    Example:
        >>> create("segment", ("cat", "dog")).outputs
        3
        >>> create("segment+edges", ("cat",), weights={"edges": 0.3}, balance=0.4).weights
        {'segment': 1.0, 'edges': 0.3}
    """
    known = task_options(name)
    for key, value in options.items():
        if key not in known:
            wanted = f"among {list(known)} for the task {name!r}"
            raise ValueError(f"`options` must be {wanted}, got {key!r}")
        known[key].check(value)
    parts = [_TASKS[part] for part in name.split(JOIN)]
    made = [
        part(classes, **{key: value for key, value in options.items() if key in options_of(part)})
        for part in parts
    ]
    return made[0] if len(made) == 1 else Several(made, options.get("weights"))


def task_options(name: str) -> dict[str, Option]:
    """What :func:`create` takes for a task beside its classes.

    Args:
        name: as for :func:`create`.

    Returns:
        The options of each task, and the weights where there are several.

    Raises:
        ValueError: there is no such task.

    Example:
        >>> list(task_options("segment")), list(task_options("segment+edges"))[-1]
        (['losses', 'targets'], 'weights')
    """
    parts = name.split(JOIN)
    unknown = [part for part in parts if part not in _TASKS]
    if unknown:
        raise ValueError(f"`task` must be one of {names()}, got {unknown[0]!r}")
    kinds: list[type] = [_TASKS[part] for part in parts]
    kinds += [Several] if len(parts) > 1 else []
    return {key: option for kind in kinds for key, option in options_of(kind).items()}


def names() -> list[str]:
    """The tasks that :func:`create` knows.

    Example:
        >>> names()
        ['classify', 'count', 'detect', 'edges', 'localize', 'segment', 'tag']
    """
    return sorted(_TASKS)
