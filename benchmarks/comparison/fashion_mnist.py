"""All of Fashion-MNIST on two CPU cores: superpixel-net and lenet5, and the graph's controls.

    python benchmarks/comparison/fashion_mnist.py

55,000 training, 5,000 validation and 10,000 test images. Choices were made on the validation
images; every run looks at the test images once, when it has finished. A run that was stopped goes
on at its last finished epoch.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from controls import CONTROLS

from graphvision import models
from graphvision.graphs.atomic import write_json
from graphvision.train import Run, Settings, Training
from graphvision.train.data import Data
from graphvision.train.machine import describe_machine, package_versions
from graphvision.train.run import input_kind, perform
from graphvision.train.summary import summarise

HERE = Path(__file__).parent
MODELS = ("superpixel-net", "lenet5")
TRAINING = Training(epochs=14, flip=True)
OPTIONS = {"smoothing": 0.1}


def job(name: str, seed: int, settings: Settings, folder: Path) -> dict[str, Any]:
    """Train and test one model or control; what is finished is read.

    Args:
        name: a model or a control.
        seed: of the run.
        settings: of the experiment.
        folder: for the state.

    Returns:
        The result of the run, with what its input costs.
    """
    torch.set_num_threads(settings.threads)
    model, kind_of_data, _ = CONTROLS.get(name, (name, Data, ""))
    data = kind_of_data(settings)
    run = Run(model, seed, settings)
    place = folder / name.replace(" ", "-") / run.folder_name(data.fingerprints)
    result: dict[str, Any] = perform(run, data, place)
    print(f"{name:<16} seed {seed}: test {result['accuracy']:.2%}, "
          f"{result['train_seconds']:.0f} s of training", flush=True)  # fmt: skip
    return {k: v for k, v in result.items() if k != "predictions"} | _work(model, data)


def _work(model: str, data: Data) -> dict[str, Any]:
    kind = input_kind(model)
    network = models.create(model, **data.shape(kind))
    example = data.inputs(kind, "validation", torch.arange(64))
    facts: dict[str, Any] = {}
    if kind == "image":
        example = example.to(torch.float32) / 255
    else:
        per_image = torch.bincount(example.batch)
        facts["nodes"] = {"least": int(per_image.min()), "most": int(per_image.max())}
        facts["edges"] = example.edge_index.shape[1] / 64
    return facts | {"multiply_adds": models.multiply_adds(network, example) / 64}


def build_graphs(settings: Settings) -> dict[str, float]:
    """Make the graphs of all splits where they aren't on disk, before any clock of training runs.

    Args:
        settings: of the experiment.

    Returns:
        Seconds per split; next to nothing where the graphs were there already.
    """
    data, seconds = Data(settings), {}
    for split, images in data.splits.items():
        start = time.perf_counter()
        store = data.store(split)
        seconds[split] = time.perf_counter() - start
        for index in torch.arange(len(images)).split(1000):
            nodes = store.batch(index).ptr.diff()
            assert bool((nodes == settings.recipe.n_segments).all()), "not the same number of nodes"
    return seconds


def collect(rows: dict[str, list[dict[str, Any]]], settings: Settings) -> dict[str, Any]:
    """Everything that the JSON file holds besides times.

    Args:
        rows: finished runs of every model and control.
        settings: of the experiment.
    """
    found = {name: summarise(runs) for name, runs in rows.items()}
    for name, row in found.items():
        row |= {key: row["runs"][0].get(key) for key in ("multiply_adds", "nodes", "edges")}
        if name in CONTROLS:
            row["control"] = CONTROLS[name][2]
    return {
        "dataset": settings.dataset,
        "training": vars(settings.training),
        "options": settings.options,
        "recipe": settings.recipe.settings(),
        "machine": describe_machine(),
        "versions": package_versions(),
        "models": {name: row for name, row in found.items() if name not in CONTROLS},
        "controls": {name: row for name, row in found.items() if name in CONTROLS},
    }


def main() -> None:
    """Run what is missing and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--epochs", type=int, default=TRAINING.epochs)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side, one thread each")
    parser.add_argument("--only", default="", help="names with commas between")
    parser.add_argument("--state", type=Path, default=Path("runs/fashion-mnist"))
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/fashion_mnist.json")
    args = parser.parse_args()
    training = Training(**vars(TRAINING) | {"epochs": args.epochs})
    settings = Settings(dataset=args.dataset, options=OPTIONS, training=training)
    names = [n for n in args.only.split(",") if n] or [*MODELS, *CONTROLS]
    seconds = build_graphs(settings)
    tasks = [(n, s) for n in names for s in range(1 if n in CONTROLS else args.seeds)]
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        waiting = [(n, pool.submit(job, n, s, settings, args.state)) for n, s in tasks]
        rows: dict[str, list[dict[str, Any]]] = {}
        for name, future in waiting:
            rows.setdefault(name, []).append(future.result())
    results = collect(rows, settings) | {"graph_seconds": seconds, "processes": args.jobs}
    write_json(args.out, results)
    for name, row in (results["models"] | results["controls"]).items():
        print(f"{name:<16} {json.dumps(row['accuracy'])}")


if __name__ == "__main__":
    main()
