"""Every public name and its signature, against a file: no change of the API goes unseen.

After a change that is meant, write the file anew:
``UPDATE_API=1 pytest tests/contracts/test_public_api.py``.
"""

import inspect
import os
from pathlib import Path

import graphvision as gv
from graphvision import tasks

SNAPSHOT = Path(__file__).with_name("public_api.txt")
PACKAGES = {
    "gv": gv,
    "gv.nn": gv.nn,
    "gv.nn.psi": gv.nn.psi,
    "gv.models": gv.models,
    "gv.datasets": gv.datasets,
    "gv.tasks": tasks,
    "gv.tasks.losses": tasks.losses,
    "gv.tasks.metrics": tasks.metrics,
    "gv.tasks.boxes": tasks.boxes,
    "gv.tasks.instances": tasks.instances,
}


class Name(str):
    """A function that is a default, by its name: elsewhere it has another address."""

    __slots__ = ()
    __repr__ = str.__str__


def named(default):
    return Name(default.__name__) if inspect.isfunction(default) else default


def described(name, thing):
    if inspect.ismodule(thing) or not callable(thing):
        return name
    parameters = inspect.signature(thing).parameters.values()
    plain = [
        p.replace(annotation=inspect.Parameter.empty, default=named(p.default)) for p in parameters
    ]
    return f"{name}{inspect.Signature(plain)}"


def public_api():
    lines = []
    for prefix, package in PACKAGES.items():
        lines += [described(f"{prefix}.{n}", getattr(package, n)) for n in package.__all__]
    return "\n".join(lines) + "\n"


def test_public_api_is_the_snapshot():
    if os.environ.get("UPDATE_API"):
        SNAPSHOT.write_text(public_api())
    assert public_api() == SNAPSHOT.read_text()


def test_every_public_name_has_a_docstring():
    for prefix, package in PACKAGES.items():
        for name in package.__all__:
            thing = getattr(package, name)
            if callable(thing) or inspect.ismodule(thing):
                assert inspect.getdoc(thing), f"{prefix}.{name} has no docstring"
