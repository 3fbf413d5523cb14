"""The training loop's view of a network and its task: loss, optimiser, learning rate, curves."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from graphvision.graphs import Annotations
from graphvision.tasks import AbstractJudge, AbstractTask, Answer, Places, Several
from graphvision.tasks.losses import across_processes
from graphvision.train import group
from graphvision.train.batches import Batches
from graphvision.train.settings import Training

EpochBatches = Callable[[int], Batches]
Batch = tuple[Any, Annotations]


class Learner(pl.LightningModule):
    """A network that learns a task with AdamW and a one-cycle learning rate.

    Pixels come as uint8 and are scaled to mean 0 and standard deviation 1 of the training images;
    graphs go into the model as they are.

    Args:
        model: gives what the task reads: rows per image, maps, or rows per node or edge.
        task: what is asked.
        training: how to train.
        pixel_range: mean and standard deviation of the training pixels on the scale 0 … 1.
        seed: decides the order of the images and the dropout of every epoch.

    Attributes:
        history: one entry per finished epoch with the loss on the training images (as they were
            when each batch was seen), the loss and the task's measures on the validation images,
            and the seconds since the first epoch began, breaks not counted.
        best: the epoch whose weights did best on the validation images, and these weights; kept
            where training stops early.
    """

    def __init__(
        self,
        model: nn.Module,
        task: AbstractTask | Several,
        training: Training,
        *,
        pixel_range: tuple[float, float],
        seed: int,
    ) -> None:
        super().__init__()
        self.model, self.task = model, task
        self.training_settings, self.seed = training, seed
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None
        mean, std = pixel_range
        self.register_buffer("pixel_mean", torch.tensor(mean))
        self.register_buffer("pixel_std", torch.tensor(max(std, 1e-6)))
        self._losses: dict[str, list[Tensor]] = {}
        self._judges: dict[str, AbstractJudge] = {}
        self._started = 0.0
        self.batches: EpochBatches | None = None
        self._part: Batches | None = None

    def forward(self, inputs: Any) -> Any:
        """What the network gives for a batch of uint8 images, of graphs, or of both."""
        if isinstance(inputs, tuple):
            images, graph = inputs
            return self.model(self._scaled(images), graph)
        return self.model(self._scaled(inputs) if isinstance(inputs, Tensor) else inputs)

    def _scaled(self, images: Tensor) -> Tensor:
        images = images.to(self.pixel_mean.dtype).div_(255.0)
        images = images.sub_(self.pixel_mean).div_(self.pixel_std)
        return images.contiguous(memory_format=torch.channels_last)

    def answer(self, inputs: Any, image_size: tuple[int, int]) -> tuple[Answer, Places]:
        """What the network says about a batch, and the places that it was asked at.

        Args:
            inputs: as for :meth:`forward`.
            image_size: (h, w) in pixels.
        """
        return self.read(inputs, self(inputs), image_size)

    def read(self, inputs: Any, outputs: Any, image_size: tuple[int, int]) -> tuple[Answer, Places]:
        """The answer that outputs stand for, and the places that they sit at.

        Args:
            inputs: as for :meth:`forward`.
            outputs: what that gave.
            image_size: (h, w) in pixels.
        """
        places = self.places_of(inputs, outputs, image_size)
        return self.task.decode(self.task.rows(outputs, places), places), places

    def places_of(self, inputs: Any, outputs: Any, image_size: tuple[int, int]) -> Places:
        """Where the network's outputs sit; see :func:`places_of`."""
        stride = getattr(self.model, "stride", None)
        return places_of(inputs, outputs, image_size, stride=stride)

    def epoch_seed(self, epoch: int) -> int:
        """The seed of one epoch: a resumed run sees what the unbroken one would have seen."""
        return self.seed * 1_000_003 + epoch

    def train_dataloader(self) -> Batches:
        """This process's part of the training images in this epoch's order."""
        assert self.batches is not None
        batches = self.batches(self.epoch_seed(self.current_epoch))
        self._part = batches.part(group.rank(), group.world())
        return self._part

    def on_train_epoch_start(self) -> None:
        """Start the epoch's own stream of random numbers."""
        torch.manual_seed(self.epoch_seed(self.current_epoch))
        self._losses, self._judges = {}, {}
        self._started = time.perf_counter()

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Loss of one batch."""
        assert self._part is not None
        own, world = self._part.has_own(index), group.world()
        with across_processes(group.summed, world, joined=group.joined, counted=own):
            loss = self._step(batch, "train", scored=self.task.quick and own, own=own)
        if not torch.isfinite(loss):
            rate, epoch = self.training_settings.max_lr, self.current_epoch + 1
            got = f"{rate}, with which the loss became {loss.item()} in epoch {epoch}"
            raise ValueError(f"`max_lr` must be lower for this model and data, got {got}")
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Loss and scores of one batch."""
        self._step(batch, "validation", scored=True)

    def on_train_epoch_end(self) -> None:
        """Add the epoch to the history."""
        before = self.history[-1]["seconds"] if self.history else 0.0
        seconds = before + time.perf_counter() - self._started
        entry: dict[str, float] = {"epoch": self.current_epoch + 1, "seconds": seconds}
        for part in ("train", "validation"):
            entry |= self._of_part(part)
        self.history.append(entry)
        self._keep_best(entry)

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or none has been better for as long as is waited."""
        settings = self.training_settings
        if len(self.history) >= settings.epochs:
            return True
        if settings.patience is None or self.best is None:
            return False
        return bool(len(self.history) - self.best["epoch"] >= settings.patience)

    def configure_optimizers(self) -> Any:
        """AdamW and one cycle over all steps."""
        settings = self.training_settings
        optimiser = torch.optim.AdamW(
            self.parameters(), lr=settings.max_lr, weight_decay=settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            max_lr=settings.max_lr,
            # torch's cycle divides by zero at 4 steps, of which the first quarter is one
            total_steps=max(5, len(self.train_dataloader()) * settings.epochs),
            pct_start=0.25,
        )
        return [optimiser], [{"scheduler": schedule, "interval": "step"}]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the curves and the best weights with the state."""
        checkpoint["history"], checkpoint["best"] = self.history, self.best

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the curves and the best weights up again, and train no more where that is done."""
        self.history, self.best = list(checkpoint["history"]), checkpoint["best"]
        self.trainer.should_stop = self.finished

    def loss(self, inputs: Any, truth: Annotations) -> Tensor:
        """The task's loss of one batch.

        Args:
            inputs: as for :meth:`forward`.
            truth: what is known of the same images.
        """
        rows, places = self._rows(inputs, truth)
        return self.task.loss(rows, self.task.target(truth, places), places)

    def _rows(self, inputs: Any, truth: Annotations) -> tuple[Any, Places]:
        outputs = self(inputs)
        places = self.places_of(inputs, outputs, truth.image_size)
        return self.task.rows(outputs, places), places

    def _step(self, batch: Batch, part: str, *, scored: bool, own: bool = True) -> Tensor:
        inputs, truth = batch
        rows, places = self._rows(inputs, truth)
        loss: Tensor = self.task.loss(rows, self.task.target(truth, places), places)
        count = torch.tensor(float(len(truth) if own else 0), dtype=torch.float64)
        if part == "train":  # a loss of all processes: each stands for as many of their images
            count = group.summed(count) / group.world()
        row = torch.stack([loss.detach().to("cpu", torch.float64) * count, count])
        self._losses.setdefault(part, []).append(row)
        if scored:
            with torch.no_grad():
                answer = self.task.decode(rows, places)
                judge = self._judges.setdefault(part, self.task.judge())
                judge.update(answer, truth, places)
        return loss

    def _of_part(self, part: str) -> dict[str, float]:
        """Mean loss and measures of a part, of all processes together."""
        rows = self._losses.get(part)
        found = group.gathered((torch.stack(rows).sum(0) if rows else None, self._judges.get(part)))
        sums = [row for row, _ in found if row is not None]
        if not sums:
            return {}
        loss, count = torch.stack(sums).sum(0).tolist()
        entry = {f"{part}_loss": loss / count}
        judges = [judge for _, judge in found if judge is not None]
        if judges:
            for judge in judges[1:]:
                judges[0].merge(judge)
            scores = judges[0].compute()
            names = [measure.name for measure in self.task.measures]
            entry |= {f"{part}_{name}": float(scores[name]) for name in names}
        return entry

    def _keep_best(self, entry: dict[str, Any]) -> None:
        """Keep the best weights, and stop where nothing has become better for long."""
        patience, first = self.training_settings.patience, self.task.measures[0]
        score = entry.get(f"validation_{first.name}")
        if patience is None or score is None:
            return
        score = score if first.larger_is_better else -score
        if self.best is None or score > self.best["score"]:
            now = self.model.state_dict()
            weights = {name: value.to("cpu", copy=True) for name, value in now.items()}
            self.best = {"score": score, "epoch": int(entry["epoch"]), "weights": weights}
        if self.finished:
            self.trainer.should_stop = True


def places_of(
    inputs: Any, outputs: Any, image_size: tuple[int, int], *, stride: int | None = None
) -> Places:
    """Where the outputs of a network sit.

    Args:
        inputs: images, graphs, or both.
        outputs: maps, rows, or a dict of rows by level.
        image_size: (h, w) in pixels.
        stride: pixels per cell of a map along each axis, where the network says it.

    Returns:
        The cells of maps, the nodes of graphs; of images that get one row each, one cell each.
    """
    one = next(iter(outputs.values())) if isinstance(outputs, Mapping) else outputs
    graph = inputs[1] if isinstance(inputs, tuple) else inputs
    if one.ndim == 4:
        return _of_map(tuple(one.shape[2:]), len(one), image_size, one.device, stride)
    if isinstance(graph, Tensor):
        return _of_map((1, 1), len(one), image_size, one.device, None)
    return Places.of_graph(graph)


@lru_cache(maxsize=4)
def _of_map(
    cells: tuple[int, int],
    count: int,
    image_size: tuple[int, int],
    device: torch.device,
    stride: int | None,
) -> Places:
    return Places.of_map(cells, count=count, image_size=image_size, device=device, stride=stride)
