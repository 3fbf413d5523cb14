"""Where in a network an error arose, and on what."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from graphvision.convert.step import Step
from graphvision.graphs import ImageGraph


def where(steps: Sequence[Step], index: int, values: Sequence[Any], kind: str = "") -> str:
    """A note for an error: the step, the shapes that it was given, and those of the example.

    Args:
        steps: of the network.
        index: of the step that failed.
        values: the steps' results so far.
        kind: the class of the module that is called.
    """
    step = steps[index]
    called = f"{step.what} ({kind})" if kind else step.what
    inside = f" of {step.place}" if step.place else ""
    pairs = [(steps[i].shape, _shape(values[i])) for i in step.inputs]
    got = [given for _, given in pairs if given is not None]
    example = [known for known, given in pairs if known is not None and given is not None]
    text = f"in step {step.name!r}: {called}{inside}"
    if not got:
        return text
    text += f", on {_listed(got)}"
    differs = [g[1:] for g in got] != [e[1:] for e in example]
    return text + (f"; the example had {_listed(example)}" if example and differs else "")


def _shape(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, ImageGraph):
        if len(set(value.size_hw)) != 1:
            return None
        return (len(value.image_size), int(value.x.shape[1]), *value.size_hw[0])
    return tuple(value.shape) if isinstance(value, Tensor) else None


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(str(tuple(shape)) for shape in shapes)
