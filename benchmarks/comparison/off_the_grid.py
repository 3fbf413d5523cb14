"""The same weights on fewer and fewer regions: LeNet-5 of the grid, untouched and fine-tuned.

    python benchmarks/comparison/off_the_grid.py

A LeNet-5 is trained on the pixels of the training images. Its network of messages then classifies
the test images on superpixels, and does so again after one pass over the training images' graphs
of 75 regions. Beside it the control: square cells of about the same number. Measured on the test
images after the last epoch; nothing was chosen by them.
"""

import argparse
import copy
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

import graphvision as gv
from graphvision.datasets import ImageDataset, load
from graphvision.graphs.atomic import write_json
from graphvision.train.machine import describe_machine, package_versions

HERE = Path(__file__).parent
Build = Callable[[Tensor], Any]


@dataclass(frozen=True)
class Study:
    """What the study computes with.

    Attributes:
        dataset: name of the dataset.
        seeds: networks that are trained.
        epochs: passes over the pixels.
        tuned_on: regions asked for in the pass over graphs.
        learning_rate: of AdamW over the pixels; a third of it over graphs.
        batch_size: images per step.
        regions: superpixels asked for.
        cells: sides of the square cells, in pixels.
    """

    dataset: str = "fashion-mini"
    seeds: int = 3
    epochs: int = 8
    tuned_on: int = 75
    learning_rate: float = 2e-3
    batch_size: int = 64
    regions: tuple[int, ...] = (400, 200, 100, 75, 50, 25)
    cells: tuple[int, ...] = (1, 2, 3, 4, 5)


def main() -> None:
    """Run the study and write its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default=Study.dataset)
    parser.add_argument("--root")
    parser.add_argument("--seeds", type=int, default=Study.seeds)
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/off_the_grid.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(dataset=args.dataset, seeds=args.seeds)
    where = {"root": args.root} if args.root else {}
    train, test = (load(study.dataset, split, **where) for split in ("train", "test"))
    rows = [row for seed in range(study.seeds) for row in rows_of(study, train, test, seed)]
    about = {"machine": describe_machine(), "versions": package_versions()}
    write_json(args.out, {"study": asdict(study), "rows": rows, **about})


def rows_of(
    study: Study, train: ImageDataset, test: ImageDataset, seed: int
) -> Iterator[dict[str, Any]]:
    """One network of the grid, on every partition, before and after its pass over graphs."""
    torch.manual_seed(seed)
    images, labels = train.images.to(torch.float32) / 255, train.labels
    cnn = gv.models.create("lenet5", image_size=train.image_size, in_channels=train.in_channels)
    fit(cnn, images, labels, study=study, rate=study.learning_rate, epochs=study.epochs)
    net = gv.graphify(cnn, images[:2])
    tuned = copy.deepcopy(net)
    superpixels = builder(study.tuned_on)
    rate = study.learning_rate / 3
    fit(tuned, images, labels, study=study, rate=rate, epochs=1, build=superpixels)
    builds: dict[tuple[str, int], Build] = {
        ("square cells", side): cells(side) for side in study.cells
    }
    builds |= {("superpixels", count): builder(count) for count in study.regions}
    for (partition, asked), build in builds.items():
        for state, network in (("untouched", net), ("fine-tuned", tuned)):
            accuracy, nodes = score(network, test, build)
            row = {"seed": seed, "partition": partition, "asked": asked, "state": state}
            yield row | {"nodes": nodes, "accuracy": accuracy}


def builder(count: int) -> Build:
    """Superpixels of a batch of images."""
    return lambda images: gv.superpixel_graph(images, n_segments=count)


def cells(side: int) -> Build:
    """Square cells of a batch of images."""
    return lambda images: gv.patch_graph(images, patch_size=side)


def fit(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    study: Study,
    rate: float,
    epochs: int,
    build: Build | None = None,
) -> None:
    """Train on images, or on their graphs."""
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), rate)
    for _ in range(epochs):
        for index in torch.randperm(len(images)).split(study.batch_size):
            inputs = images[index] if build is None else build(images[index])
            optimiser.zero_grad()
            F.cross_entropy(network(inputs), labels[index]).backward()
            optimiser.step()


@torch.no_grad()
def score(network: nn.Module, test: ImageDataset, build: Build) -> tuple[float, float]:
    """Accuracy on the test images, and nodes per image."""
    network.eval()
    hits, nodes = 0, 0
    for index in torch.arange(len(test)).split(250):
        graphs = build(test.images[index].to(torch.float32) / 255)
        hits += int((network(graphs).argmax(1) == test.labels[index]).sum())
        nodes += int(graphs.num_nodes)
    return hits / len(test), nodes / len(test)


if __name__ == "__main__":
    main()
