"""Options of tasks, read off their constructors: names, forms, and what people write for them."""

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints


class Form(NamedTuple):
    """How values of a type are written.

    Attributes:
        words: what a value must be, for errors.
        read: makes a value of text.
        fits: whether something is such a value.
    """

    words: str
    read: Callable[[str], Any]
    fits: Callable[[Any], bool]


@dataclass(frozen=True)
class Option:
    """One argument of a task's class that has a default.

    Attributes:
        name: of the argument.
        text: what the class's docstring says of it.
        form: of its values.

    Example:
        >>> from graphvision.tasks import Detection
        >>> options_of(Detection)["most"].read("20")
        20
    """

    name: str
    text: str
    form: Form

    def check(self, value: Any) -> None:
        """Refuse a value of another form.

        Raises:
            ValueError: it isn't as the form says.
        """
        if not self.form.fits(value):
            raise ValueError(f"`{self.name}` must be {self.form.words}, got {value!r}")

    def read(self, text: str) -> Any:
        """The value that a text stands for.

        Raises:
            ValueError: it stands for none.
        """
        try:
            value = self.form.read(text)
        except ValueError:
            value = text
        self.check(value)
        return value


def options_of(kind: type) -> dict[str, Option]:
    """The options of a task's class by name.

    Args:
        kind: the class; its arguments with a default are numbers, one of several words, or numbers
            by name, and its docstring says what they are.

    Example:
        >>> from graphvision.tasks import Edges
        >>> list(options_of(Edges))
        ['balance', 'instances', 'threshold']
    """
    constructor: Any = getattr(kind, "__init__")  # noqa: B009
    hints, text = get_type_hints(constructor), inspect.getdoc(kind) or ""
    return {
        name: Option(name, _said(name, text), _form(hints[name]))
        for name, parameter in inspect.signature(constructor).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


def _said(name: str, text: str) -> str:
    """What the section on arguments says of one."""
    found = re.search(rf"^    {name}: (.+?)(?=^    \w|^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].replace("``", "").split()) if found else ""


def _form(kind: Any) -> Form:
    choices = [part for part in get_args(kind) if part is not NoneType]
    if get_origin(kind) is Literal:
        return Form(f"one of {choices}", str, lambda value: value in choices)
    if NoneType in get_args(kind):
        return _form(choices[0])
    if kind is int:
        return Form("a whole number", int, lambda value: type(value) is int)
    if kind is float:
        return Form("a number", float, _is_number)
    return Form("numbers from 0 by name, as in a=1,b=0.5", _numbers_by_name, _has_numbers_by_name)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _numbers_by_name(text: str) -> dict[str, float]:
    pairs = [part.split("=") for part in text.split(",")]
    read = {name.strip(): float(value) for name, value in pairs}
    if len(read) < len(pairs):
        raise ValueError(text)
    return read


def _has_numbers_by_name(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    return all(type(k) is str and _is_number(v) and v >= 0 for k, v in value.items())
