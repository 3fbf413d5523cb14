"""Losses on nodes, edges and whole graphs at once: does a network gain when it has to do more?

    python -m benchmarks.comparison.joint_losses

The same residual gated network learns on superpixels of composed pictures: what every node shows,
which edges part objects, which classes the picture has; each alone, and several at once with the
weighted sum of the losses. Width, depth, pictures, passes and learning rate are the same, and
nothing was chosen by the results. The test pictures are looked at once, after the last pass.

The file is written after each network. A study that was stopped goes on there.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.comparison.one_network import scores_of
from benchmarks.comparison.resume import earlier
from graphvision import models, tasks
from graphvision.datasets import Recipe
from graphvision.graphs.atomic import write_json
from graphvision.train import Data, Settings, Training
from graphvision.train.machine import describe_machine, package_versions

HERE = Path(__file__).parent
NETWORK = "residual-gated"
WAYS: dict[str, dict[str, float]] = {
    "node": {"segment": 1.0},
    "edge": {"edges": 1.0},
    "graph": {"tag": 1.0},
    "node + edge": {"segment": 1.0, "edges": 1.0},
    "node + 0.3 edge": {"segment": 1.0, "edges": 0.3},
    "node + edge + graph": {"segment": 1.0, "edges": 1.0, "tag": 1.0},
}
MEASURES = {
    "segment": ("mean_iou", "pixel_accuracy"),
    "edges": ("own_edge_ap", "ari"),
    "tag": ("mean_average_precision",),
}


@dataclass(frozen=True)
class Study:
    """What the study computes with.

    Attributes:
        dataset: name of the data set.
        segments: superpixels of each picture.
        seeds: networks of each kind.
        epochs: passes over the training pictures.
        batch_size: pictures per step.
        rate: peak of the learning rate.
        width: features of a node.
        depth: layers of the network.
    """

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
        return Settings((NETWORK,), dataset=self.dataset, training=training, recipe=recipe)


def main() -> None:
    """Do what is missing and write the results after each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default=Study.dataset)
    parser.add_argument("--seeds", type=int, default=Study.seeds)
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/joint_losses.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(dataset=args.dataset, seeds=args.seeds)
    found, data = earlier(args.out, study, rows=[]), Data(study.settings)
    about = {"ways": WAYS, "machine": describe_machine(), "versions": package_versions()}
    for way, seed in missing(found["rows"], study):
        row = trained(study, way, seed=seed, data=data)
        found["rows"].append(row)
        write_json(args.out, found | about)
        print(*row.values(), sep="  ", flush=True)


def missing(rows: list[dict[str, Any]], study: Study) -> Iterator[tuple[str, int]]:
    """Way and seed of what isn't trained yet: each way once, then the rest."""
    done = {(row["way"], row["seed"]) for row in rows}
    for seed in range(study.seeds):
        yield from ((way, seed) for way in WAYS if (way, seed) not in done)


def asked(way: str, classes: tuple[str, ...]) -> tasks.Several:
    """The tasks of a way with the weights of their losses.

    Args:
        way: a name in ``WAYS``.
        classes: names of the objects' classes.
    """
    weights = WAYS[way]
    return tasks.Several([tasks.create(name, classes) for name in weights], weights)


def trained(study: Study, way: str, *, seed: int, data: Data) -> dict[str, Any]:
    """One network that learned in one way, and its scores on the test pictures."""
    task, store = asked(way, data.classes), data.store("train")
    torch.manual_seed(seed)
    network = models.create(
        NETWORK,
        in_features=store.in_features,
        edge_features=store.edge_features,
        heads=task.heads,
        width=study.width,
        depth=study.depth,
    )
    scores = scores_of(network, task, data, seed=seed)
    kept = [name for part in task.tasks for name in MEASURES[part.name]]
    row = {"way": way, "seed": seed, "parameters": scores["parameters"]}
    return row | {name: scores[name] for name in kept}


if __name__ == "__main__":
    main()
