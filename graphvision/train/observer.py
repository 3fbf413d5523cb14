"""Who wants to know how a comparison is getting on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl

from graphvision.train.settings import Run


class Observer:
    """Hears what happens and says nothing.

    Attributes:
        visible: whether anything may be drawn on the terminal.
    """

    visible = False

    @contextmanager
    def watch(self, run: Run) -> Iterator[list[pl.Callback]]:
        """Around one run.

        Args:
            run: which one.

        Yields:
            Lightning callbacks that watch its training.
        """
        yield []

    def finished(self, run: Run, result: dict[str, Any]) -> None:
        """After a run, also one that an earlier process had finished.

        Args:
            run: which one.
            result: its scores and times.
        """
