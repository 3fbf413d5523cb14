"""``graphvision compare``: train, measure, report."""

import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from graphvision import models as registry
from graphvision.datasets import Recipe
from graphvision.models.message_twin import SUFFIX
from graphvision.train import Comparison, Settings, Training
from graphvision.train.report import write_report
from graphvision.train.terminal import TerminalObserver
from graphvision.viz.headline import headline
from graphvision.viz.numbers import duration
from graphvision.viz.table import columns, table_rows


def run(*, models: str, out: Path, jobs: int | None, **choices: Any) -> None:
    """Do the whole comparison with progress bars and print where the report is.

    Args:
        models: names with commas between, or ``"all"`` but the twins of messages (``NAME-graph``).
        out: folder for everything that is written.
        jobs: runs side by side; as many as the cores can hold where it is None.
        **choices: the other options of the command.
    """
    console = Console(highlight=False)
    settings = _settings(models, **choices)
    total = len(settings.models) * settings.seeds
    processes = jobs or max(1, (os.cpu_count() or 1) // settings.threads)
    console.print(
        f"[bold]graphvision compare[/bold] {settings.dataset}: {', '.join(settings.models)}; "
        f"{settings.seeds} seeds, {settings.training.epochs} epochs; "
        f"{min(total, processes)} runs side by side"
    )
    with TerminalObserver(total, console) as observer:
        results = Comparison(settings, out, observer=observer, processes=processes).run()
    page = write_report(results, settings, out)
    console.print(_table(results))
    for name, reason in results["left_out"].items():
        console.print(f"[yellow]{name} was left out: {reason}[/yellow]")
    console.print(headline(results))
    for text in results["warnings"]:
        console.print(f"[bold white on red] {text} [/]")
    console.print(f"{duration(results['seconds'])} · report: [bold]{page}[/bold]", soft_wrap=True)


def _settings(
    models: str,
    *,
    epochs: int,
    segments: int,
    exact: bool,
    **rest: Any,
) -> Settings:
    originals = [name for name in registry.names() if not name.endswith(SUFFIX)]
    names = originals if models == "all" else [m.strip() for m in models.split(",")]
    return Settings(
        models=tuple(dict.fromkeys(name for name in names if name)),
        training=Training(epochs=epochs),
        recipe=Recipe(n_segments=segments, exact=exact),
        **rest,
    )


def _table(results: dict[str, Any]) -> Table:
    """The table turned by a quarter, so that it fits on a terminal."""
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
