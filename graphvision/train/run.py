"""One model, one seed: train, go on after an interruption, test once."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from graphvision import models
from graphvision.graphs.atomic import atomic_path, write_json
from graphvision.train import group
from graphvision.train.checkpoint import EpochCheckpoint
from graphvision.train.data import Data, InputKind
from graphvision.train.fitted import fitted
from graphvision.train.learner import Learner
from graphvision.train.quiet import quiet_lightning
from graphvision.train.settings import Run


def perform(run: Run, data: Data, folder: Path, callbacks: Sequence[pl.Callback] = ()) -> Any:
    """Train a model and test it, or take up what an earlier process has finished of that.

    Args:
        run: model, seed and settings.
        data: the images of the run's data set.
        folder: keeps the state; the same folder for the same run.
        callbacks: further Lightning callbacks, for progress.

    Returns:
        The content of ``result.json``: metrics, curves, times. A finished run is read, not
        repeated, and the test images are not looked at again.
    """
    finished = folder / "result.json"
    if finished.is_file():
        return json.loads(finished.read_text(encoding="utf-8"))
    learner = new_learner(run, data)
    seconds = fit(learner, run, data, folder, callbacks=callbacks)
    tested = datetime.now(UTC).isoformat(timespec="seconds")
    with (folder / "test-log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{tested} {run.label}: test images looked at\n")
    result = {
        "model": run.model,
        "seed": run.seed,
        "parameters": sum(p.numel() for p in learner.model.parameters()),
        "history": learner.history,
        "epoch": learner.best["epoch"] if learner.best else len(learner.history),
        "train_seconds": seconds,
        "tested": tested,
        **evaluate(learner, data, input_kind(run.model), "test"),
    }
    with atomic_path(folder / "weights.pt") as draft:
        torch.save(learner.cpu().model.state_dict(), draft)
    write_json(finished, result)
    return result


def input_kind(model: str) -> InputKind:
    """What a registered model eats."""
    kind: InputKind = getattr(models.model_class(model), "input_kind")  # noqa: B009
    return kind


def new_learner(run: Run, data: Data) -> Learner:
    """The model with the first weights that belong to its seed, and its task."""
    torch.manual_seed(run.seed)
    kind = input_kind(run.model)
    training = run.settings.training
    model = fitted(run.model, **data.shape(kind))
    learner = Learner(model, data.task, training, pixel_range=data.pixel_range, seed=run.seed)
    learner.batches = lambda order: data.batches(kind, "train", training.batch_size, order)
    return learner


def fit(
    learner: Learner,
    run: Run,
    data: Data,
    folder: Path,
    *,
    callbacks: Sequence[pl.Callback] = (),
    **trainer: Any,
) -> float:
    """Train what is missing, and take the best weights where those were asked for.

    Args:
        learner: as :func:`new_learner` gives it.
        run: model, seed and settings.
        data: the images of the run's data set.
        folder: keeps the state; made where it isn't there.
        callbacks: further Lightning callbacks.
        **trainer: further arguments of Lightning's ``Trainer``.

    Returns:
        Seconds of training over all processes that worked on the run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    train(learner, run, data, folder, callbacks=callbacks, **trainer)
    if learner.best is not None:
        learner.model.load_state_dict(learner.best["weights"])
    return learner.history[-1]["seconds"]


def train(
    learner: Learner,
    run: Run,
    data: Data,
    folder: Path,
    *,
    callbacks: Sequence[pl.Callback] = (),
    **trainer: Any,
) -> None:
    """Train from the last finished epoch on, in this process or as one of a group.

    Args:
        learner: as :func:`new_learner` gives it.
        run: model, seed and settings.
        data: the images of the run's data set.
        folder: keeps the state after every epoch.
        callbacks: further Lightning callbacks.
        **trainer: further arguments of Lightning's ``Trainer``.
    """
    checkpoint = EpochCheckpoint(folder / "last.ckpt")
    validation = data.evaluated(input_kind(run.model), "validation")
    validation = validation.part(group.rank(), group.world(), in_step=False)
    with quiet_lightning():
        loop = pl.Trainer(
            max_epochs=run.settings.training.epochs,
            accelerator=data.device,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            reload_dataloaders_every_n_epochs=1,
            callbacks=[*callbacks, checkpoint],
            **{"devices": 1} | trainer,
        )
        start = checkpoint.path if checkpoint.path.is_file() else None
        loop.fit(learner, val_dataloaders=validation, ckpt_path=start, weights_only=True)


@torch.inference_mode()
def evaluate(learner: Learner, data: Data, kind: InputKind, split: str) -> dict[str, Any]:
    """Scores of a split, and images per second with the inputs ready in memory.

    Args:
        learner: put into evaluation mode, on the data's device.
        data: the images.
        kind: what the model eats.
        split: which part.

    Returns:
        The task's scores; ``images_per_second`` of the model alone, without cutting batches and
        reading answers; of a classifier ``predictions``, the label of every image.
    """
    learner.to(data.device).eval()
    judge, size, labels = learner.task.judge(), data.splits[split].image_size, list[Tensor]()
    seconds = 0.0
    for number, (inputs, truth) in enumerate(data.evaluated(kind, split)):
        if number == 0:
            learner(inputs)  # whatever is done once only
        start = time.perf_counter()
        outputs = learner(inputs)
        if data.device == "cuda":  # which only has been told what to do
            torch.cuda.synchronize()
        seconds += time.perf_counter() - start
        answer, places = learner.read(inputs, outputs, size)
        judge.update(answer, truth, places)
        labels += [answer.labels] if answer.labels is not None else []
    scores = judge.compute() | {"images_per_second": len(data.splits[split]) / seconds}
    return scores | ({"predictions": torch.cat(labels).tolist()} if labels else {})
