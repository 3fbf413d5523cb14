"""A comparison on the terminal: one bar for all runs, one for the epochs of the present one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from graphvision.train.observer import Observer
from graphvision.train.settings import Run


class TerminalObserver(Observer):
    """Shows progress bars and one line per finished run.

    Args:
        total: number of runs.
        console: where to draw.
    """

    visible = True

    def __init__(self, total: int, console: Console) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
        )
        self.runs = self.progress.add_task("all runs", total=total, unit="runs", note="")

    @contextmanager
    def watch(self, run: Run) -> Iterator[list[pl.Callback]]:
        """A bar for the epochs of one run."""
        task = self.progress.add_task(
            run.label, total=run.settings.training.epochs, unit="epochs", note=""
        )
        self.progress.start()
        try:
            yield [_EpochBar(self.progress, task)]
        finally:
            self.progress.remove_task(task)
            self.progress.advance(self.runs)
            self.progress.stop()

    def finished(self, run: Run, result: dict[str, Any]) -> None:
        """One line with the accuracy."""
        seconds = result["train_seconds"]
        self.console.print(
            f"  {run.label:<26} test accuracy [bold]{result['accuracy']:6.1%}[/bold]"
            f"   {seconds:6.1f} s of training"
        )


class _EpochBar(pl.Callback):
    def __init__(self, progress: Progress, task: Any) -> None:
        super().__init__()
        self.progress = progress
        self.task = task

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        done = trainer.current_epoch + (batch_idx + 1) / trainer.num_training_batches
        self.progress.update(self.task, completed=done)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        last = pl_module.history[-1] if pl_module.history else {}
        note = f"validation {last.get('validation_accuracy', 0.0):.1%}"
        self.progress.update(self.task, completed=trainer.current_epoch + 1, note=note)
