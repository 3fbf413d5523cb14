"""What fine-tuning gives: a network, and how it stood on both tasks after every epoch."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class TunedEpoch:
    """Where a network stands after one pass over the new images.

    Attributes:
        epoch: 0 before any training.
        loss: mean cross-entropy of the images as they were seen; None for epoch 0.
        accuracy: share of right answers on the new task's test images; None without them. At epoch
            0 it is that of the weights that the training begins with.
        first_accuracy: likewise on the first task's; at epoch 0 that of the network as it came.
    """

    epoch: int
    loss: float | None
    accuracy: float | None
    first_accuracy: float | None


@dataclass(frozen=True)
class FineTuned:
    """A network that was fine-tuned, and what it has learned and forgotten.

    Attributes:
        model: the fine-tuned network in evaluation mode; with a new head, for the new classes.
        frozen: names of the blocks that were kept.
        rates: learning rate of each of the other blocks, by name.
        trainable: how many numbers were trained.
        curve: one entry before the training and one per epoch.

    Example:
        >>> curve = (TunedEpoch(0, None, 0.5, 0.9), TunedEpoch(1, 0.3, 0.8, 0.6))
        >>> tuned = FineTuned(nn.Identity(), (), {}, 0, curve)
        >>> tuned.after.accuracy, round(tuned.forgotten, 3)
        (0.8, 0.3)
    """

    model: nn.Module
    frozen: tuple[str, ...]
    rates: dict[str, float]
    trainable: int
    curve: tuple[TunedEpoch, ...]

    @property
    def before(self) -> TunedEpoch:
        """Both accuracies before the training."""
        return self.curve[0]

    @property
    def after(self) -> TunedEpoch:
        """Both accuracies after the last epoch."""
        return self.curve[-1]

    @property
    def forgotten(self) -> float | None:
        """Accuracy on the first task that was lost; negative where it grew."""
        before, after = self.before.first_accuracy, self.after.first_accuracy
        return None if before is None or after is None else before - after
