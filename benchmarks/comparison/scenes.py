"""Pixels, nodes, edges and boxes on one data set: CNNs beside graph networks, and felzenszwalb.

    python -m benchmarks.comparison.scenes --dataset scenes --epochs 30

Every task is trained with the same images, epochs and seeds, a U-Net first. Beside the networks
that find objects from edges stands felzenszwalb's segmentation, with its scale chosen on the
validation images. Runs that are finished are read, not repeated, as long as --state is kept; tasks
and networks that --out has from an earlier start stay in it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.comparison.resume import earlier
from graphvision import datasets
from graphvision.cli.defaults import DEFAULTS
from graphvision.datasets import ImageDataset, Recipe
from graphvision.graphs.atomic import write_json
from graphvision.tasks.metrics import BoundaryScore, PartitionScore
from graphvision.train import Comparison, Settings, Training
from graphvision.train.machine import describe_machine, package_versions

HERE = Path(__file__).parent
SCALES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
LEFT_OUT = ("predictions", "confusion")  # long, and said by the scores


@dataclass(frozen=True)
class Study:
    """What the study computes with.

    Attributes:
        dataset: name of the dataset.
        seeds: runs of every network.
        epochs: passes over the training images.
        segments: superpixels per image.
        batch_size: images per step.
    """

    dataset: str = "scenes-mini"
    seeds: int = 3
    epochs: int = 20
    segments: int = 300
    batch_size: int = 16


def main() -> None:
    """Run the study and write its results after every task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default=Study.dataset)
    parser.add_argument("--tasks", default="segment,edges,detect,localize")
    parser.add_argument("--seeds", type=int, default=Study.seeds)
    parser.add_argument("--epochs", type=int, default=Study.epochs)
    parser.add_argument("--segments", type=int, default=Study.segments)
    parser.add_argument("--models", help="names with commas between, for every task")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--state", type=Path, default=Path("scenes-study"))
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/scenes.json")
    args = parser.parse_args()
    study = Study(args.dataset, args.seeds, args.epochs, args.segments)
    found = earlier(args.out, study, tasks={}, felzenszwalb={})
    found |= {"machine": describe_machine(), "versions": package_versions()}
    for task in args.tasks.split(","):
        names = tuple((args.models or DEFAULTS[task].models).split(","))
        results = compared(study, task, names, state=args.state, jobs=args.jobs)
        before = found["tasks"].get(task, {"models": {}})
        results["models"] = before["models"] | results["models"]
        found["tasks"][task] = results
        if task == "edges" and not found["felzenszwalb"]:
            found["felzenszwalb"] = felzenszwalb(study.dataset)
        write_json(args.out, found)


def compared(
    study: Study, task: str, names: Sequence[str], *, state: Path, jobs: int
) -> dict[str, Any]:
    """One task's table and curves."""
    settings = Settings(
        models=tuple(names),
        task=task,
        dataset=study.dataset,
        seeds=study.seeds,
        training=Training(epochs=study.epochs, batch_size=study.batch_size),
        recipe=Recipe(n_segments=study.segments),
    )
    results = Comparison(settings, state / task, processes=jobs).run()
    for name, row in results["models"].items():
        row["runs"] = [{k: v for k, v in run.items() if k not in LEFT_OUT} for run in row["runs"]]
        row.pop("confusion", None)
        first = results["task"]["measures"][0]["name"]
        print(f"{task:<9} {name:<20} {first} {row[first]['mean']:.4f}", flush=True)
    return {key: results[key] for key in ("task", "dataset", "settings", "models", "left_out")}


def felzenszwalb(dataset: str) -> dict[str, Any]:
    """Scores of the segmentation whose scale is best on the validation images."""
    by_scale = {scale: scored(datasets.load(dataset, "validation"), scale) for scale in SCALES}
    best = max(by_scale, key=lambda scale: by_scale[scale]["ari"])
    scores = scored(datasets.load(dataset, "test"), best)
    return {"scale": best, "validation": {str(k): v for k, v in by_scale.items()}, "test": scores}


def scored(data: ImageDataset, scale: float) -> dict[str, float]:
    """Scores of one scale over a data set."""
    from skimage.segmentation import felzenszwalb as segment

    instances, boundaries = PartitionScore(), BoundaryScore()
    for index in torch.arange(len(data)).split(100):
        truth = data.annotations(index).instances
        images = data.images[index].permute(0, 2, 3, 1).numpy()
        found = torch.stack([_labels(segment(image, scale=scale)) for image in images])
        instances.update(found, truth)
        boundaries.update(found, truth)
    return instances.compute() | boundaries.compute()


def _labels(found: Any) -> Tensor:
    return torch.from_numpy(found).to(torch.int64)


if __name__ == "__main__":
    main()
