"""Options are read off the tasks' classes."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

import pytest

from graphvision import tasks
from graphvision.tasks.options import options_of


class Made:
    """A class with an argument of every form.

    Args:
        classes: no option.
        share: of something, ``0`` or
            more.
        count: how many.
        kind: of two.
        shares: by name.

    Returns:
        Nothing.
    """

    def __init__(
        self,
        classes: tuple[str, ...],
        *,
        share: float = 0.5,
        count: int = 3,
        kind: Literal["a", "b"] = "a",
        shares: Mapping[str, float] | None = None,
    ) -> None: ...


def test_read_off_the_class():
    found = options_of(Made)
    assert list(found) == ["share", "count", "kind", "shares"]
    assert found["share"].text == "of something, 0 or more."
    assert found["shares"].text == "by name."


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("share", "1", 1.0),
        ("share", "-2e-3", -0.002),
        ("count", "12", 12),
        ("kind", "b", "b"),
        ("shares", "a=1, b = 0.5", {"a": 1.0, "b": 0.5}),
    ],
)
def test_texts_stand_for_values(name, text, value):
    assert options_of(Made)[name].read(text) == value


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("share", "much", "a number"),
        ("share", "nan", "a number"),
        ("count", "1.5", "a whole number"),
        ("kind", "c", r"one of \['a', 'b'\]"),
        ("shares", "a", "numbers from 0 by name, as in a=1,b=0.5"),
        ("shares", "a=1=2", "numbers from 0 by name"),
        ("shares", "a=-1", "numbers from 0 by name"),
        ("shares", "a=1,a=2", "numbers from 0 by name"),
        ("shares", "", "numbers from 0 by name"),
    ],
)
def test_texts_that_stand_for_none(name, text, wanted):
    with pytest.raises(ValueError, match=f"`{name}` must be {wanted}.*, got "):
        options_of(Made)[name].read(text)


@pytest.mark.parametrize(
    ("name", "value"), [("share", True), ("share", "1"), ("count", 1.0), ("shares", {"a": "1"})]
)
def test_values_of_other_forms(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be "):
        options_of(Made)[name].check(value)


def test_every_option_of_every_task_is_said_and_its_own():
    """One dict holds those of several tasks, so no two tasks have one of the same name."""
    known = {name: tasks.task_options(name) for name in tasks.names()}
    counts = Counter(option for found in known.values() for option in found)
    assert set(counts.values()) == {1}
    assert all(option.text for found in known.values() for option in found.values())
