"""The training loop's view of a classifier: loss, optimiser, learning rate, curves."""

import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.train.batches import Batches
from graphvision.train.settings import Training

EpochBatches = Callable[[int], Batches]


class Classifier(pl.LightningModule):
    """Cross-entropy with AdamW and a one-cycle learning rate.

    Pixels come as uint8 and are scaled to mean 0 and standard deviation 1 of the training images;
    graphs go into the model as they are.

    Args:
        model: gives logits.
        training: how to train.
        pixel_range: mean and standard deviation of the training pixels on the scale 0 … 1.
        seed: decides the order of the images and the dropout of every epoch.

    Attributes:
        history: one entry per finished epoch with the loss and accuracy on the training images (as
            they were when each batch was seen) and on the validation images, and the seconds since
            the first epoch began, breaks not counted.
    """

    def __init__(
        self, model: nn.Module, training: Training, *, pixel_range: tuple[float, float], seed: int
    ) -> None:
        super().__init__()
        self.model = model
        self.training_settings = training
        self.seed = seed
        self.history: list[dict[str, float]] = []
        mean, std = pixel_range
        self.register_buffer("pixel_mean", torch.tensor(mean))
        self.register_buffer("pixel_std", torch.tensor(max(std, 1e-6)))
        self._sums: dict[str, list[Tensor]] = {}
        self._started = 0.0
        self.batches: EpochBatches | None = None

    def forward(self, inputs: Any) -> Tensor:
        """Logits of a batch of uint8 images or of graphs."""
        if isinstance(inputs, Tensor):
            inputs = inputs.to(self.pixel_mean.dtype).div_(255.0)
            inputs = inputs.sub_(self.pixel_mean).div_(self.pixel_std)
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        logits: Tensor = self.model(inputs)
        return logits

    def epoch_seed(self, epoch: int) -> int:
        """The seed of one epoch: a resumed run sees what the unbroken one would have seen."""
        return self.seed * 1_000_003 + epoch

    def train_dataloader(self) -> Batches:
        """The training images in this epoch's order."""
        assert self.batches is not None
        return self.batches(self.epoch_seed(self.current_epoch))

    def on_train_epoch_start(self) -> None:
        """Start the epoch's own stream of random numbers."""
        torch.manual_seed(self.epoch_seed(self.current_epoch))
        self._sums = {}
        self._started = time.perf_counter()

    def training_step(self, batch: tuple[Any, Tensor], _index: int) -> Tensor:
        """Loss of one batch."""
        smoothing = self.training_settings.label_smoothing
        return self._loss(batch, "train", smoothing)

    def validation_step(self, batch: tuple[Any, Tensor], _index: int) -> None:
        """Loss and accuracy of one batch, without smoothing."""
        self._loss(batch, "validation", 0.0)

    def on_train_epoch_end(self) -> None:
        """Add the epoch to the history."""
        before = self.history[-1]["seconds"] if self.history else 0.0
        seconds = before + time.perf_counter() - self._started
        entry: dict[str, float] = {"epoch": self.current_epoch + 1, "seconds": seconds}
        for part, rows in self._sums.items():
            loss, right, count = torch.stack(rows).sum(0).tolist()
            entry |= {f"{part}_loss": loss / count, f"{part}_accuracy": right / count}
        self.history.append(entry)

    def configure_optimizers(self) -> Any:
        """AdamW and one cycle over all steps."""
        settings = self.training_settings
        optimiser = torch.optim.AdamW(
            self.parameters(), lr=settings.max_lr, weight_decay=settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            max_lr=settings.max_lr,
            total_steps=len(self.train_dataloader()) * settings.epochs,
            pct_start=0.25,
        )
        return [optimiser], [{"scheduler": schedule, "interval": "step"}]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the curves with the weights."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the curves up again."""
        self.history = list(checkpoint["history"])

    def _loss(self, batch: tuple[Any, Tensor], part: str, smoothing: float) -> Tensor:
        inputs, labels = batch
        logits = self(inputs)
        loss = F.cross_entropy(logits, labels, label_smoothing=smoothing)
        with torch.no_grad():
            right = (logits.argmax(1) == labels).sum().to(torch.float64)
            count = torch.full_like(right, len(labels))
            row = torch.stack([loss.detach().to(torch.float64) * len(labels), right, count])
        self._sums.setdefault(part, []).append(row)
        return loss
