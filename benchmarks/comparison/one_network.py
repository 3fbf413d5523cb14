"""One graph network of a study: trained on a data set, then scored once on its test images."""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import torch
from torch import nn

from benchmarks.comparison.resume import earlier
from graphvision.datasets import Recipe
from graphvision.graphs.atomic import write_json
from graphvision.tasks import AbstractTask, Several
from graphvision.train import Data, Run, Settings, Training
from graphvision.train.learner import Learner
from graphvision.train.machine import describe_machine, package_versions
from graphvision.train.run import evaluate, train

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True)
class NetworkStudy:
    """What a study of one graph network computes with.

    Attributes:
        network: the kind of model that it is, a name in the registry.
        dataset: name of the data set.
        segments: superpixels of each image.
        seeds: networks of each kind.
        epochs: passes over the training images.
        batch_size: images per step.
        rate: peak of the learning rate.
        width: features of a node.
        depth: layers of the network.
    """

    network: ClassVar[str]

    dataset: str = "scenes-mini"
    segments: int = 100
    seeds: int = 3
    epochs: int = 8
    batch_size: int = 16
    rate: float = 4e-3
    width: int = 32
    depth: int = 4

    @property
    def settings(self) -> Settings:
        """The same as settings of a comparison."""
        training = Training(epochs=self.epochs, batch_size=self.batch_size, max_lr=self.rate)
        recipe = Recipe(n_segments=self.segments)
        return Settings((self.network,), dataset=self.dataset, training=training, recipe=recipe)

    @classmethod
    def from_words(cls, about: str | None, name: str) -> "tuple[Any, Path]":
        """The study that the command line asks for, and the file of its results.

        Args:
            about: what the script is for.
            name: of the file, where the command line doesn't say another.
        """
        parser = argparse.ArgumentParser(description=about)
        parser.add_argument("--dataset", default=cls.dataset)
        parser.add_argument("--seeds", type=int, default=cls.seeds)
        parser.add_argument("--out", type=Path, default=RESULTS / name)
        args = parser.parse_args()
        return cls(dataset=args.dataset, seeds=args.seeds), args.out


def do_missing(
    study: NetworkStudy,
    out: Path,
    *,
    missing: Callable[[list[dict[str, Any]], Any], Iterable[tuple[Any, ...]]],
    trained: Callable[..., dict[str, Any]],
    **about: Any,
) -> None:
    """Train what isn't in the file yet, and write it after each network.

    Args:
        study: what to compute with.
        out: the file; what it holds is kept.
        missing: gives what isn't among the rows of the file: names, and last a seed.
        trained: makes a row of the study, such names, ``seed`` and ``data``.
        **about: further entries of the file.
    """
    torch.set_num_threads(1)
    found, data = earlier(out, study, rows=[]), Data(study.settings)
    about |= {"machine": describe_machine(), "versions": package_versions()}
    for *names, seed in missing(found["rows"], study):
        row = trained(study, *names, seed=seed, data=data)
        found["rows"].append(row)
        write_json(out, found | about)
        print(*row.values(), sep="  ", flush=True)


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
