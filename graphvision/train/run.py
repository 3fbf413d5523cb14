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
from graphvision.train.checkpoint import EpochCheckpoint
from graphvision.train.classifier import Classifier
from graphvision.train.data import Data, InputKind
from graphvision.train.fitted import fitted
from graphvision.train.metrics import classification_metrics
from graphvision.train.quiet import quiet_lightning
from graphvision.train.settings import Run

EVALUATION_BATCH = 250


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
    classifier = new_classifier(run, data)
    seconds = _fit(classifier, run, data, folder, callbacks)
    kind = input_kind(run.model)
    tested = datetime.now(UTC).isoformat(timespec="seconds")
    with (folder / "test-log.txt").open("a", encoding="utf-8") as log:
        log.write(f"{tested} {run.label}: test images looked at\n")
    logits, rate = evaluate(classifier, data, kind, "test")
    scores = classification_metrics(logits, data.splits["test"].labels)
    result = {
        "model": run.model,
        "seed": run.seed,
        "parameters": sum(p.numel() for p in classifier.model.parameters()),
        "history": classifier.history,
        "train_seconds": seconds,
        "images_per_second": rate,
        "tested": tested,
        "predictions": logits.argmax(1).tolist(),
        **scores,
    }
    with atomic_path(folder / "weights.pt") as draft:
        torch.save(classifier.model.state_dict(), draft)
    write_json(finished, result)
    return result


def input_kind(model: str) -> InputKind:
    """What a registered model eats."""
    kind: InputKind = getattr(models.model_class(model), "input_kind")  # noqa: B009
    return kind


def new_classifier(run: Run, data: Data) -> Classifier:
    """The model with the first weights that belong to its seed."""
    torch.manual_seed(run.seed)
    kind = input_kind(run.model)
    training = run.settings.training
    model = fitted(run.model, **data.shape(kind))
    classifier = Classifier(model, training, pixel_range=data.pixel_range, seed=run.seed)
    classifier.batches = lambda order: data.batches(kind, "train", training.batch_size, order)
    return classifier


def _fit(
    classifier: Classifier,
    run: Run,
    data: Data,
    folder: Path,
    callbacks: Sequence[pl.Callback],
) -> float:
    """Train what is missing; seconds of training over all processes that worked on the run."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = EpochCheckpoint(folder / "last.ckpt")
    validation = data.batches(input_kind(run.model), "validation", EVALUATION_BATCH)
    with quiet_lightning():
        trainer = pl.Trainer(
            max_epochs=run.settings.training.epochs,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            reload_dataloaders_every_n_epochs=1,
            callbacks=[*callbacks, checkpoint],
        )
        start = checkpoint.path if checkpoint.path.is_file() else None
        trainer.fit(classifier, val_dataloaders=validation, ckpt_path=start, weights_only=True)
    return classifier.history[-1]["seconds"]


@torch.inference_mode()
def evaluate(
    classifier: Classifier, data: Data, kind: InputKind, split: str
) -> tuple[Tensor, float]:
    """Logits of a split, and images per second with the inputs ready in memory.

    Args:
        classifier: put into evaluation mode.
        data: the images.
        kind: what the model eats.
        split: which part.

    Returns:
        Logits in the order of the split; the rate of the model alone, without cutting batches.
    """
    classifier.eval()
    batches = [inputs for inputs, _ in data.batches(kind, split, EVALUATION_BATCH)]
    classifier(batches[0])
    start = time.perf_counter()
    logits = torch.cat([classifier(inputs) for inputs in batches])
    return logits, len(logits) / (time.perf_counter() - start)
