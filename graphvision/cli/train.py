"""``graphvision train``: one model on one's own pictures, up to a file that can be asked."""

import os
from pathlib import Path
from typing import Any

from rich.console import Console

from graphvision.cli.asked import read_options
from graphvision.cli.compare import table
from graphvision.cli.defaults import defaults
from graphvision.datasets import Recipe, names
from graphvision.train import Comparison, Settings, Training
from graphvision.train.model_file import save_run
from graphvision.train.report import write_report
from graphvision.train.terminal import TerminalObserver
from graphvision.viz.numbers import duration


def run(*, data: str, out: Path, **choices: Any) -> None:
    """Train with a progress bar, test once, write the report and the model's file.

    Args:
        data: name of a data set, or a folder of one's own.
        out: folder for everything that is written; the same one goes on where it was interrupted.
        **choices: the other options of the command.
    """
    console = Console(highlight=False)
    settings = _settings(data, **choices)
    console.print(
        f"[bold]graphvision train[/bold] {settings.models[0]} to {settings.task} {data}; "
        f"up to {settings.training.epochs} epochs"
    )
    with TerminalObserver(1, console) as observer:
        results = Comparison(settings, out, observer=observer).run()
    model, page = save_run(settings, out), write_report(results, settings, out)
    console.print(table(results))
    for text in results["warnings"]:
        console.print(f"[bold white on red] {text} [/]")
    console.print(f"{duration(results['seconds'])} · report: [bold]{page}[/bold]", soft_wrap=True)
    console.print(f"ask it: [bold]graphvision predict {model} PICTURES…[/bold]", soft_wrap=True)


def _settings(
    data: str,
    *,
    task: str,
    options: dict[str, str],
    model: str | None,
    epochs: int | None,
    segments: int | None,
    image_size: tuple[int, int] | None,
    **rest: Any,
) -> Settings:
    usual = defaults(task)
    sets = [name for name in names() if name != "folder"]
    own = data not in sets or os.sep in data
    if own and not Path(data).is_dir():
        raise FileNotFoundError(f"`--data` must be a folder or one of {sets}, got {data!r}")
    training = {key: rest.pop(key) for key in ("batch_size", "max_lr", "patience")}
    training = {key: value for key, value in training.items() if value is not None}
    return Settings(
        models=(model or usual.models.split(",")[0],),
        task=task,
        options=read_options(task, options),
        dataset="folder" if own else data,
        root=data if own else None,
        seeds=1,
        image_size=image_size,
        training=Training(
            **{"epochs": epochs or usual.epochs, "batch_size": usual.batch_size} | training
        ),
        recipe=Recipe(n_segments=segments or usual.segments),
        **rest,
    )
