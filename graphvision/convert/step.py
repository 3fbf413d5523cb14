"""One call of a layer or function in a network."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Value:
    """The result of an earlier step, as an argument."""

    step: int


@dataclass(frozen=True)
class Step:
    """One layer or function call.

    Attributes:
        name: of the value, unique in the network.
        op: ``"input"``, ``"attribute"``, ``"module"``, ``"function"``, ``"method"``, ``"guard"``
            or ``"output"``.
        target: a path for attributes and modules, a function, or the name of a method; for guards
            the branch that was taken.
        args: with :class:`Value` where the result of a step goes.
        kwargs: likewise.
        shape: of the result for the example; None for what is no tensor.
        raster: whether the result is an image: node features, for an image graph.
        place: the module whose code makes the call.
    """

    name: str
    op: str
    target: Any
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] | None = None
    raster: bool = False
    place: str = ""

    @property
    def inputs(self) -> list[int]:
        """The steps whose results this one takes."""
        return _values_in((self.args, self.kwargs))

    @property
    def what(self) -> str:
        """What is called, in short."""
        if self.op in ("module", "attribute", "method"):
            return str(self.target)
        return str(getattr(self.target, "__name__", self.target))


def _values_in(value: Any) -> list[int]:
    if isinstance(value, Value):
        return [value.step]
    if isinstance(value, slice):
        value = (value.start, value.stop, value.step)
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, (tuple, list)):
        return []
    return [step for item in value for step in _values_in(item)]
