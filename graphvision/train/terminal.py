"""A comparison on the terminal: one bar for all runs, one for the epochs of each present one."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from graphvision.train.observer import Observer
from graphvision.train.settings import Run


class TerminalObserver(Observer):
    """Shows progress bars and one line per finished run; a context manager.

    Args:
        total: number of runs.
        console: where to draw.
    """

    visible = True

    def __init__(self, total: int, console: Console) -> None:
        self.bars = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.console = console
        self.runs = self.bars.add_task("all runs", total=total, unit="runs", note="")
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "TerminalObserver":
        return self

    def __exit__(self, *error: object) -> None:
        self.bars.stop()

    def progress(self, run: Run, epochs: float, note: str) -> None:
        """Move the bar of one run."""
        self.bars.start()
        if run.label not in self.tasks:
            self.tasks[run.label] = self.bars.add_task(
                run.label, total=run.settings.training.epochs, unit="epochs", note=note
            )
        self.bars.update(self.tasks[run.label], completed=epochs, note=note)

    def finished(self, run: Run, result: dict[str, Any]) -> None:
        """One line with the score."""
        if run.label in self.tasks:
            self.bars.remove_task(self.tasks.pop(run.label))
        self.bars.advance(self.runs)
        self.console.print(
            f"  {run.label:<26} test {result['measure']} [bold]{result['score']:>6}[/bold]"
            f"   {result['train_seconds']:6.1f} s of training"
        )
