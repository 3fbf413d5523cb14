"""How many blocks to keep: a network for eight kinds of clothes learns two more from few images.

    python benchmarks/comparison/fine_tuning.py

LeNet-5 is trained on eight classes of the training images and then on a few images of the other
two, with the first k of its five blocks kept. Measured on the test images after the last epoch;
nothing was chosen by them.
"""

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import graphvision as gv
from graphvision.datasets import ImageDataset, load
from graphvision.graphs.atomic import write_json
from graphvision.train.machine import describe_machine, package_versions

HERE = Path(__file__).parent
PAIRS = (("Sneaker", "Ankle boot"), ("Coat", "Shirt"))
WAYS: dict[str, dict[str, Any]] = {
    "fine-tuned": {"retrain": "head"},
    "slower below": {"retrain": "head", "decay": 0.3},
    "trained anew": {"retrain": "rest"},
    "same head": {"retrain": "none"},
}
BLOCKS = 5

Labelled = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Study:
    """What the study computes with.

    Attributes:
        dataset: name of the data set.
        per_class: images of each new class.
        seeds: repetitions, each with another first network and other images.
        first_epochs: passes over the images of the eight classes.
        epochs: passes over the few images.
    """

    dataset: str = "fashion-mini"
    per_class: int = 20
    seeds: int = 3
    first_epochs: int = 15
    epochs: int = 30
    first_batch_size: int = 64
    batch_size: int = 8
    learning_rate: float = 1e-3


def main() -> None:
    """Run the study and write its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default=Study.dataset)
    parser.add_argument("--root")
    parser.add_argument("--seeds", type=int, default=Study.seeds)
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/fine_tuning.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    study = Study(dataset=args.dataset, seeds=args.seeds)
    where = {"root": args.root} if args.root else {}
    train, test = (load(study.dataset, split, **where) for split in ("train", "test"))
    rows = [
        row
        for pair in PAIRS
        for seed in range(study.seeds)
        for row in rows_of(study, (train, test), pair, seed=seed)
    ]
    about = {"machine": describe_machine(), "versions": package_versions()}
    write_json(args.out, {"study": asdict(study), "ways": WAYS, "rows": rows, **about})


def rows_of(
    study: Study, splits: tuple[ImageDataset, ImageDataset], pair: tuple[str, str], *, seed: int
) -> list[dict[str, Any]]:
    """One first network, fine-tuned in every way and at every depth."""
    new = torch.tensor([splits[0].classes.index(name) for name in pair])
    old = torch.tensor([k for k in range(len(splits[0].classes)) if k not in new])
    first_task = images_of(splits[1], old)
    network = first_network(study, images_of(splits[0], old), seed)
    few = some(images_of(splits[0], new), study.per_class, seed)
    test = images_of(splits[1], new)
    rows = []
    for way, settings in WAYS.items():
        same = settings["retrain"] == "none"
        data, tested = (part if same else renumbered(part, new) for part in (few, test))
        for keep in range(BLOCKS):
            tuned = gv.fine_tune(
                network, data, test=tested, first_task=first_task, keep=keep,
                learning_rate=study.learning_rate, epochs=study.epochs,
                batch_size=study.batch_size, seed=seed, **settings,
            )  # fmt: skip
            row = {"new": list(pair), "seed": seed, "way": way, "keep": keep}
            row |= {"trainable": tuned.trainable, "accuracy": tuned.after.accuracy}
            row["first_before"] = tuned.before.first_accuracy
            row["first_after"] = tuned.after.first_accuracy
            rows.append(row)
            print(*row.values(), sep="  ", flush=True)
    return rows


def first_network(study: Study, data: Labelled, seed: int) -> nn.Module:
    """LeNet-5 with an output for every class, trained on those of ``data``."""
    torch.manual_seed(seed)
    network = gv.models.create("lenet5", num_classes=10)
    return gv.fine_tune(
        network, data, keep=0, retrain="none", learning_rate=study.learning_rate,
        epochs=study.first_epochs, batch_size=study.first_batch_size, seed=seed,
    ).model  # fmt: skip


def images_of(data: ImageDataset, classes: Tensor) -> Labelled:
    """The images of some classes, pixels 0 … 1, with the labels that they have."""
    part = data.subset(torch.isin(data.labels, classes))
    return gv.as_image(part.images), part.labels


def renumbered(data: Labelled, classes: Tensor) -> Labelled:
    """The same images with the places in ``classes`` as labels."""
    images, labels = data
    return images, (labels[:, None] == classes).int().argmax(1)


def some(data: Labelled, per_class: int, seed: int) -> Labelled:
    """A few images of each class, drawn without replacement."""
    images, labels = data
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    index = torch.cat([order[labels[order] == k][:per_class] for k in labels.unique()])
    return images[index], labels[index]


if __name__ == "__main__":
    main()
