"""One checkpoint per epoch, whole or not there."""

from pathlib import Path
from typing import Any

from pytorch_lightning.callbacks import Checkpoint

from graphvision.graphs.atomic import atomic_path


class EpochCheckpoint(Checkpoint):
    """Writes the state after every epoch over that of the epoch before.

    A process that is killed leaves the last finished epoch: the file is replaced in one step. As a
    ``Checkpoint`` it is called last, when the epoch is in the model's history.

    Args:
        path: where the state is kept.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Save weights, optimiser, learning rate, position and curves."""
        if not trainer.is_global_zero:
            trainer.save_checkpoint(self.path)  # writes nothing, but all have to call it
            return
        with atomic_path(self.path) as draft:
            trainer.save_checkpoint(draft)
