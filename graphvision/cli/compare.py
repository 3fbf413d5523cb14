"""``graphvision compare``: train, measure, report."""

import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from graphvision import models as registry
from graphvision.cli.asked import read_options
from graphvision.cli.defaults import defaults
from graphvision.datasets import Recipe
from graphvision.models.message_twin import SUFFIX
from graphvision.train import Comparison, Settings, Training
from graphvision.train.report import write_report
from graphvision.train.terminal import TerminalObserver
from graphvision.viz.headline import headline
from graphvision.viz.numbers import duration
from graphvision.viz.table import columns, table_rows


def run(*, out: Path, jobs: int | None, **choices: Any) -> None:
    """Do the whole comparison with progress bars and print where the report is.

    Args:
        out: folder for everything that is written.
        jobs: runs side by side; None: one on a device, else as many as the cores can hold.
        **choices: the other options of the command.
    """
    console = Console(highlight=False)
    settings = _settings(**choices)
    total = len(settings.models) * settings.seeds
    processes = jobs or _side_by_side(settings)
    console.print(
        f"[bold]graphvision compare[/bold] {settings.task}, {settings.dataset}: "
        f"{', '.join(settings.models)}; "
        f"{settings.seeds} seeds, {settings.training.epochs} epochs; "
        f"{min(total, processes)} runs side by side"
    )
    with TerminalObserver(total, console) as observer:
        results = Comparison(settings, out, observer=observer, processes=processes).run()
    page = write_report(results, settings, out)
    console.print(table(results))
    for name, reason in results["left_out"].items():
        console.print(f"[yellow]{name} was left out: {reason}[/yellow]")
    console.print(headline(results))
    for text in results["warnings"]:
        console.print(f"[bold white on red] {text} [/]")
    console.print(f"{duration(results['seconds'])} · report: [bold]{page}[/bold]", soft_wrap=True)


def _side_by_side(settings: Settings) -> int:
    """Runs at a time: one on a device, on the CPU as many as the cores hold."""
    if settings.device == "cuda":
        return 1
    return max(1, (os.cpu_count() or 1) // settings.threads)


def _settings(
    *,
    task: str,
    options: dict[str, str],
    models: str | None,
    dataset: str | None,
    epochs: int | None,
    segments: int | None,
    exact: bool,
    **rest: Any,
) -> Settings:
    """What was chosen, and the task's defaults for the rest; ``"all"`` leaves out the twins."""
    usual = defaults(task)
    originals = [name for name in registry.names() if not name.endswith(SUFFIX)]
    chosen = usual.models if models is None else models
    names = originals if models == "all" else [name.strip() for name in chosen.split(",")]
    return Settings(
        models=tuple(dict.fromkeys(name for name in names if name)),
        task=task,
        options=read_options(task, options),
        dataset=usual.dataset if dataset is None else dataset,
        training=Training(epochs=epochs or usual.epochs, batch_size=usual.batch_size),
        recipe=Recipe(n_segments=segments or usual.segments, exact=exact),
        **rest,
    )


def table(results: dict[str, Any]) -> Table:
    """The table turned by a quarter, so that it fits on a terminal.

    Args:
        results: the content of ``results.json``.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name in results["models"]:
        table.add_column(name, justify="right")
    rows = table_rows(results)
    for place, column in enumerate(columns(results)):
        cells = [cells[place] for _, cells in rows]
        table.add_row(
            column.heading, *(f"[bold]{text}[/]" if best else text for text, best in cells)
        )
    return table
