"""A Lightning callback that tells how far a run is, a few times per second."""

import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl

Tell = Callable[[float, str], None]
INTERVAL_S = 0.2


class EpochProgress(pl.Callback):
    """Calls ``tell(epochs, note)`` while a model is trained.

    Args:
        tell: hears how many epochs are done, with a fraction, and how well the model does.
    """

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self.tell = tell
        self._last = 0.0

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Tell the fraction of the epoch."""
        now = time.monotonic()
        if now - self._last >= INTERVAL_S:
            self._last = now
            done = trainer.current_epoch + (batch_idx + 1) / trainer.num_training_batches
            self.tell(done, _note(pl_module))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Tell the end of the epoch."""
        self.tell(trainer.current_epoch + 1.0, _note(pl_module))


def _note(learner: Any) -> str:
    if not learner.history:
        return ""
    first = learner.task.measures[0]
    value = learner.history[-1].get(f"validation_{first.name}")
    return "" if value is None else f"validation {first.text(value)}"
