"""Losses on nodes, edges and whole graphs at once: does a network gain when it has to do more?

    python -m benchmarks.comparison.joint_losses

The same residual gated network learns on superpixels of composed pictures: what every node shows,
which edges part objects, which classes the picture has; each alone, and several at once with the
weighted sum of the losses. Width, depth, pictures, passes and learning rate are the same, and
nothing was chosen by the results. The test pictures are looked at once, after the last pass.

The file is written after each network. A study that was stopped goes on there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.comparison.one_network import NetworkStudy, do_missing, scores_of
from graphvision import models, tasks
from graphvision.train import Data

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
class Study(NetworkStudy):
    """What the study computes with."""

    network = NETWORK


def main() -> None:
    """Do what is missing and write the results after each network."""
    study, out = Study.from_words(__doc__, "joint_losses.json")
    do_missing(study, out, missing=missing, trained=trained, ways=WAYS)


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
