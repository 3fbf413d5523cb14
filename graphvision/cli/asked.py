"""``--task`` with the options that the tasks themselves have."""

import re
from functools import cached_property
from typing import Any

import click


class TaskNames(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # click ≥ 8.5
    """One task, or several with commas between, that one network learns at once."""

    name = "task"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The names, for the help."""
        return f"[{'|'.join(_names())}],…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as :func:`graphvision.tasks.create` takes it."""
        chosen = [name.strip() for name in re.split("[,+]", value)]
        for name in chosen:
            if name not in _names():
                self.fail(f"{name!r} is not one of {', '.join(map(repr, _names()))}.", param, ctx)
        return "+".join(chosen)


class TaskCommand(click.Command):
    """A command that takes the options of every task, and hands them on as ``options``."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, and the tasks'."""
        own = super().get_params(ctx)
        return [*own[:-1], *self._of_tasks, own[-1]]  # --help stays the last

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with what was chosen for the task in one dict of texts."""
        names = [option.name for option in self._of_tasks]
        found = {name: ctx.params.pop(name) for name in names if name is not None}
        ctx.params["options"] = {key: text for key, text in found.items() if text is not None}
        return super().invoke(ctx)

    @cached_property
    def _of_tasks(self) -> list[click.Option]:
        from graphvision.tasks import task_options

        whose = {task: task_options(task) for task in _names()}
        whose["several tasks"] = {"weights": task_options("segment+edges")["weights"]}
        return [
            click.Option([f"--{name}"], metavar="TEXT", help=f"{task}: {option.text}")
            for task, found in whose.items()
            for name, option in found.items()
        ]


def read_options(task: str, given: dict[str, str]) -> dict[str, Any]:
    """What the texts of options stand for.

    Args:
        task: whose options they are.
        given: texts by name.

    Raises:
        ValueError: the task has no such option, or the text is no value of it.

    Example:
        >>> read_options("segment", {"losses": "cross-entropy=1,dice=0.5"})
        {'losses': {'cross-entropy': 1.0, 'dice': 0.5}}
    """
    from graphvision.tasks import task_options

    known = task_options(task)
    return {key: known[key].read(text) if key in known else text for key, text in given.items()}


def _names() -> list[str]:
    from graphvision.cli.defaults import DEFAULTS

    return sorted(DEFAULTS)
