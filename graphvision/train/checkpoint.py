"""One checkpoint per epoch, whole or not there."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from graphvision.datasets.atomic import atomic_path


class EpochCheckpoint(pl.Callback):
    """Writes the state after every epoch over that of the epoch before.

    A process that is killed leaves the last finished epoch: the file is replaced in one step.

    Args:
        path: where the state is kept.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.seconds = 0.0

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Save weights, optimiser, learning rate, position and curves."""
        with atomic_path(self.path) as draft:
            trainer.save_checkpoint(draft)
