"""One graph network of a study: trained on a data set, then scored once on its test images."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import nn

from graphvision.tasks import AbstractTask, Several
from graphvision.train import Data, Run
from graphvision.train.learner import Learner
from graphvision.train.run import evaluate, train


def scores_of(
    network: nn.Module, task: AbstractTask | Several, data: Data, *, seed: int
) -> dict[str, Any]:
    """Train a network on graphs, as a comparison does.

    Args:
        network: with fresh weights; they are changed.
        task: what is asked.
        data: the images, and how to train; the first of its models is a graph network, too.
        seed: decides the order of the images and the dropout.

    Returns:
        How many parameters the network has, its loss in the last pass, and the scores of the test
        images that are single numbers and no times.
    """
    settings = data.settings
    learner = Learner(network, task, settings.training, pixel_range=data.pixel_range, seed=seed)
    size = settings.training.batch_size
    learner.batches = lambda order: data.batches("graph", "train", size, order)
    with TemporaryDirectory() as folder:
        train(learner, Run(settings.models[0], seed, settings), data, Path(folder))
    found = evaluate(learner, data, "graph", "test")
    found.pop("images_per_second")
    row: dict[str, Any] = {"parameters": sum(p.numel() for p in network.parameters())}
    row["train_loss"] = learner.history[-1]["train_loss"]
    return row | {name: value for name, value in found.items() if isinstance(value, float)}
