"""Accuracy against multiply-adds: the image classifiers of the zoo under one budget.

    python -m benchmarks.comparison.architectures

Every network sees the same 5,400 images of clothes three times, with AdamW and one cycle of the
learning rate. The peak of the cycle is the best of three on the validation images after one pass
over a part of the training images; every network tries the same three. The test images are looked
at once, after the last pass. Networks above ``costly`` multiply-adds are trained with one seed, and
those in ``UNTRAINED`` are only counted, unless ``--only`` names them.

The file is written after each network. A study that was stopped goes on there.
"""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

import graphvision as gv
from benchmarks.comparison.resume import earlier
from graphvision.datasets import SPLITS, ImageDataset, load
from graphvision.graphs.atomic import write_json
from graphvision.train.fitted import fitted
from graphvision.train.machine import describe_machine, package_versions

HERE = Path(__file__).parent
TRAINED = (
    "mlp",
    "lenet5",
    "convnet",
    "mobilenet_v2",
    "resnet18",
    "alexnet",
    "vit_tiny",
)
UNTRAINED = ("vgg11_bn", "vgg11", "resnet50", "vgg16", "vgg16_bn", "vit_small")

Labelled = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Study:
    """What the study computes with.

    Attributes:
        dataset: name of the data set.
        epochs: passes over the training images.
        batch_size: images per step.
        weight_decay: of AdamW.
        rates: peaks of the learning rate that each network tries.
        tried_on: training images of each try, seen once.
        seeds: networks of each kind.
        costly: multiply-adds above which one seed has to do.
    """

    dataset: str = "fashion-mini"
    epochs: int = 3
    batch_size: int = 32
    weight_decay: float = 1e-2
    rates: tuple[float, ...] = (3e-4, 1e-3, 3e-3)
    tried_on: int = 1600
    seeds: int = 3
    costly: int = 5_000_000

    def seeds_of(self, facts: dict[str, Any]) -> int:
        """How many networks of a kind are trained."""
        return 1 if facts["multiply_adds"] > self.costly else self.seeds


def main() -> None:
    """Do what is missing and write the results after each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default=Study.dataset)
    parser.add_argument("--root")
    parser.add_argument("--only", default=",".join(TRAINED), help="names with commas between")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/architectures.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    study = Study(dataset=args.dataset)
    where = {"root": args.root} if args.root else {}
    parts = {split: load(study.dataset, split, **where) for split in SPLITS}
    data = scaled(parts)
    found = earlier(args.out, study, networks={}, rows=[])
    about = {"machine": describe_machine(), "versions": package_versions()}
    for name in (*TRAINED, *UNTRAINED):
        if name not in found["networks"]:
            found["networks"][name] = counted(name, data["test"][0])
    for network, name, seed in missing(found, study, args.only.split(",")):
        if "rate" not in network:
            network |= chosen(study, name, data)
        row = trained(study, name, seed, rate=network["rate"], data=data)
        found["rows"].append(row)
        write_json(args.out, found | about)
        print(*row.values(), sep="  ", flush=True)
    write_json(args.out, found | about)


def missing(
    found: dict[str, Any], study: Study, names: list[str]
) -> Iterator[tuple[dict[str, Any], str, int]]:
    """The facts, name and seed of what isn't trained yet: each network once, then the rest."""
    done = {(row["network"], row["seed"]) for row in found["rows"]}
    for seed in range(study.seeds):
        for name in names:
            facts = found["networks"][name]
            if seed < study.seeds_of(facts) and (name, seed) not in done:
                yield facts, name, seed


def scaled(parts: dict[str, ImageDataset]) -> dict[str, Labelled]:
    """Pixels with mean 0 and deviation 1 over the training images, and the labels."""
    pixels = gv.as_image(parts["train"].images)
    mean, deviation = pixels.mean(), pixels.std()
    return {
        split: ((gv.as_image(part.images) - mean) / deviation, part.labels)
        for split, part in parts.items()
    }


def built(name: str, images: Tensor) -> nn.Module:
    """A network with fresh weights that takes these images, enlarged where it must be."""
    return fitted(name, in_channels=images.shape[1], num_classes=10, image_size=images.shape[2:])


def counted(name: str, images: Tensor) -> dict[str, Any]:
    """What a network costs, and how far its last layer with positions sees."""
    network = built(name, images)
    size = (images.shape[1], *getattr(network, "size", images.shape[2:]))
    summary = gv.summary(getattr(network, "model", network), size)
    fields = [row.receptive_field[0] for row in summary.rows if any(row.jump)]
    return {
        "size": size[1:],
        "parameters": summary.parameters,
        "multiply_adds": summary.multiply_adds,
        "receptive_field": fields[-1] if fields else None,
        "seconds_per_image": seconds(network, images[:50]),
    }


@torch.inference_mode()
def seconds(network: nn.Module, images: Tensor, repeats: int = 5) -> float:
    """Processor seconds of an image at one thread, the median of some batches."""
    network.eval()(images)
    found = []
    for _ in range(repeats):
        start = time.process_time()
        network(images)
        found.append(time.process_time() - start)
    return sorted(found)[repeats // 2] / len(images)


def chosen(study: Study, name: str, data: dict[str, Labelled]) -> dict[str, Any]:
    """The peak of the learning rate that does best on the validation images after a short try."""
    images, labels = data["train"]
    part = images[: study.tried_on], labels[: study.tried_on]
    tries = []
    for rate in study.rates:
        torch.manual_seed(0)
        network = built(name, images)
        fit(network, part, study=study, rate=rate, epochs=1)
        tries.append({"rate": rate, "accuracy": accuracy(network, data["validation"])})
    return {"rate": max(tries, key=lambda row: row["accuracy"])["rate"], "tries": tries}


def trained(
    study: Study, name: str, seed: int, *, rate: float, data: dict[str, Labelled]
) -> dict[str, Any]:
    """A network after all its passes: how often it is right on images it has and hasn't seen."""
    torch.manual_seed(seed)
    network = built(name, data["train"][0])
    loss = fit(network, data["train"], study=study, rate=rate, epochs=study.epochs)
    row: dict[str, Any] = {"network": name, "seed": seed}
    row["loss"] = loss if math.isfinite(loss) else None
    images, labels = data["train"]
    row["train_accuracy"] = accuracy(network, (images[:1000], labels[:1000]))
    return row | {"accuracy": accuracy(network, data["test"])}


def fit(network: nn.Module, data: Labelled, *, study: Study, rate: float, epochs: int) -> float:
    """Train with one cycle of the learning rate; returns the mean loss of the last pass."""
    images, labels = data
    network.train()
    optimiser = torch.optim.AdamW(
        network.parameters(), rate, weight_decay=study.weight_decay, fused=True
    )
    steps = epochs * -(-len(images) // study.batch_size)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    total = 0.0
    for _ in range(epochs):
        total = 0.0
        for index in torch.randperm(len(images)).split(study.batch_size):
            optimiser.zero_grad()
            loss = F.cross_entropy(network(images[index]), labels[index])
            loss.backward()
            optimiser.step()
            cycle.step()
            total += loss.item() * len(index)
    return total / len(images)


@torch.inference_mode()
def accuracy(network: nn.Module, data: Labelled) -> float:
    """The share of images whose class is found."""
    network.eval()
    batches = zip(*(part.split(250) for part in data), strict=True)
    return sum(int((network(x).argmax(1) == y).sum()) for x, y in batches) / len(data[1])


if __name__ == "__main__":
    main()
