"""Where should graphs win? Large pictures, few nodes: score against time and memory.

    python -m benchmarks.comparison.large_scenes --tasks segment --only unet
    python -m benchmarks.comparison.large_scenes --measure

Pictures have H·W/200 superpixels. Beside the CNNs on all pixels stand the same CNNs on pictures
that are reduced by averaging over squares of 2 × 2 and 4 × 4 pixels, inside the network: they learn
from the share of each class in such a square, and their maps are drawn back bilinearly, so that all
scores are those of the full picture.

Every network is trained for its own number of passes, those that fit in about twenty minutes on two
cores but at most thirty. The test pictures are looked at once, after the last pass. ``--measure``
then times the trained networks from the bytes of a picture to the answer in pixels or boxes, and
their memory. The file is written after each network; a study that was stopped goes on there, as
long as ``--state`` is kept.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.comparison.large_costs import memory_of, times_of
from benchmarks.comparison.resume import earlier
from graphvision import datasets
from graphvision.datasets import SPLITS, ImageDataset, Recipe
from graphvision.graphs.atomic import write_json
from graphvision.train import Data, Predictor, Run, Settings, Training
from graphvision.train.cost import cost_of
from graphvision.train.epoch_progress import EpochProgress
from graphvision.train.machine import describe_machine, package_versions
from graphvision.train.memory import measure_memory
from graphvision.train.model_file import save_model
from graphvision.train.run import perform

HERE = Path(__file__).parent
NETWORKS: dict[str, dict[str, int]] = {  # and their passes over 1,800 pictures of 256 × 256
    "segment": {
        "unet": 4,
        "unet-half": 16,
        "unet-quarter": 30,
        "residual-gated": 30,
        "hybrid": 5,
    },
    "detect": {"fcos": 10, "fcos-half": 30, "fcos-quarter": 30, "superpixel-detector": 30},
}
PIXELS_PER_NODE = 200
SPOKEN_EVERY_S = 60.0
LEFT_OUT = ("predictions", "tested")
Key = tuple[str, str, int]


@dataclass(frozen=True)
class Study:
    """What the study computes with.

    Attributes:
        dataset: name of the data set.
        pictures: the first so many of each part are used; None: all.
        seeds: networks of each kind.
        batch_size: pictures per step.
        threads: of each training.
    """

    dataset: str = "scenes-256"
    pictures: int | None = None
    seeds: int = 1
    batch_size: int = 16
    threads: int = 2


def main() -> None:
    """Do what is missing and write the results after each network."""
    args = _arguments()
    study = Study(args.dataset, args.pictures, args.seeds, threads=args.threads)
    found = earlier(args.out, study, networks=[], times=[], memory=[])
    about = {"machine": describe_machine(), "versions": package_versions()}
    parts = {split: first_of(datasets.load(study.dataset, split), study) for split in SPLITS}
    keys = list(asked(study, args.tasks.split(","), args.only and args.only.split(",")))
    if args.measure:
        for _ in measure(found, keys, args.state, test=parts["test"], rounds=args.rounds):
            write_json(args.out, found | about)
        return
    passes = passes_of(args.epochs)
    for key in keys:
        epochs = passes.get(key[1]) or passes.get("") or NETWORKS[key[0]][key[1]]
        if (key, epochs) in {(key_of(row), row["epochs"]) for row in found["networks"]}:
            continue
        row = trained(study, key, epochs, parts=parts, state=args.state)
        found["networks"] = [r for r in found["networks"] if key_of(r) != key] + [row]
        for name in ("times", "memory"):  # of the network that it was before
            found[name] = [r for r in found[name] if (r["task"], r["network"]) != key[:2]]
        write_json(args.out, found | about)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default=Study.dataset)
    parser.add_argument("--tasks", default=",".join(NETWORKS))
    parser.add_argument("--only", help="names of networks with commas between")
    parser.add_argument("--epochs", default="", help="for all, or NAME=N,NAME=N")
    parser.add_argument("--pictures", type=int, help="of each part, for a try")
    parser.add_argument("--seeds", type=int, default=Study.seeds)
    parser.add_argument("--threads", type=int, default=Study.threads, help="of a training")
    parser.add_argument("--measure", action="store_true", help="times and memory; trains nothing")
    parser.add_argument("--rounds", type=int, default=9, help="of timings")
    parser.add_argument("--state", type=Path, default=Path("large-scenes-study"))
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/large_scenes.json")
    return parser.parse_args()


def asked(study: Study, tasks: list[str], only: list[str] | None) -> Iterator[Key]:
    """Task, network and seed of what is asked for: each network once, then the rest.

    Raises:
        ValueError: there is no such task, or no task has such a network.
    """
    known = {name for task in tasks for name in NETWORKS.get(task, ())}
    for option, names, among in (("tasks", tasks, set(NETWORKS)), ("only", only or (), known)):
        if unknown := sorted(set(names) - among):
            raise ValueError(f"`--{option}` must be among {sorted(among)}, got {unknown}")
    for seed in range(study.seeds):
        for task in tasks:
            yield from ((task, n, seed) for n in NETWORKS[task] if only is None or n in only)


def passes_of(text: str) -> dict[str, int]:
    """Passes by name of the network, under the empty name those of all others.

    Args:
        text: such as ``"unet=4,hybrid=5"`` or ``"30"``.

    Example:
        >>> passes_of("unet=4,2")
        {'unet': 4, '': 2}
    """
    pairs = [part.rpartition("=") for part in text.split(",") if part]
    return {name: int(count) for name, _, count in pairs}


def key_of(row: dict[str, Any]) -> Key:
    """Task, network and seed of a result."""
    return row["task"], row["network"], row["seed"]


def first_of(images: ImageDataset, study: Study) -> ImageDataset:
    """The pictures of a part that take part."""
    if study.pictures is None:
        return images
    return images.subset(torch.arange(min(study.pictures, len(images))))


def model_path(state: Path, task: str, network: str) -> Path:
    """Where the trained network of the first seed lies."""
    return state / task / f"{network}.pt"


def trained(
    study: Study, key: Key, epochs: int, *, parts: dict[str, ImageDataset], state: Path
) -> dict[str, Any]:
    """One network: its scores on the test pictures, and what training cost."""
    task, network, seed = key
    height, width = parts["train"].image_size
    settings = Settings(
        models=(network,),
        task=task,
        dataset=study.dataset,
        training=Training(epochs=epochs, batch_size=study.batch_size),
        recipe=Recipe(n_segments=height * width // PIXELS_PER_NODE),
        threads=study.threads,
    )
    torch.set_num_threads(study.threads)
    data, run = Data(settings, splits=parts), Run(network, seed, settings)
    folder = run.folder(state / task, data.fingerprints)
    result = perform(run, data, folder, [EpochProgress(Spoken(f"{task}, {run.label}"))])
    first = data.task.measures[0]
    print(f"{task}, {run.label}: {first.title} {first.text(result[first.name])}", flush=True)
    if seed == 0:
        weights = folder / "weights.pt"
        save_model(run, data, weights=weights, path=model_path(state, task, network))
    return {
        "task": task,
        "network": network,
        "seed": seed,
        "epochs": epochs,
        "images": {split: len(part) for split, part in parts.items()},
        "image_size": [height, width],
        "superpixels": settings.recipe.n_segments,
        "measures": [asdict(measure) for measure in data.task.measures],
        "training_step_bytes": measure_memory(run, data, folder),
        **{name: value for name, value in result.items() if name not in LEFT_OUT},
        **cost_of(network, data),
    }


class Spoken:
    """Says now and then how far a training is.

    Args:
        label: of the training.
    """

    def __init__(self, label: str) -> None:
        self.label, self._last, self._passes = label, 0.0, 0.0

    def __call__(self, epochs: float, note: str) -> None:
        """Print a line at the end of a pass and about once a minute."""
        now = time.monotonic()
        ends = epochs.is_integer() and epochs > self._passes
        if ends or now - self._last > SPOKEN_EVERY_S:
            self._last, self._passes = now, epochs
            print(f"{self.label}: {epochs:.2f} passes {note}", flush=True)


def measure(
    found: dict[str, Any], keys: list[Key], state: Path, *, test: ImageDataset, rounds: int
) -> Iterator[None]:
    """Put times and memory of trained networks in place of earlier ones; a step for each."""
    there = {key_of(row)[:2] for row in found["networks"]}
    for task in dict.fromkeys(task for task, _, _ in keys):
        names = [n for t, n, seed in keys if (t, seed) == (task, 0) and (t, n) in there]
        paths = {name: model_path(state, task, name) for name in names}
        networks = {name: Predictor.load(path) for name, path in paths.items()}
        if not networks:
            continue
        replace_rows(found, "times", task, times_of(networks, test.images, rounds=rounds))
        yield
        replace_rows(found, "memory", task, memory_of(paths, test.images))
        yield


def replace_rows(
    found: dict[str, Any], name: str, task: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Put rows of a task in place of earlier ones of the same networks."""
    fresh = {row["network"] for row in rows}
    kept = [row for row in found[name] if row["task"] != task or row["network"] not in fresh]
    found[name] = kept + [{"task": task, **row} for row in rows]


if __name__ == "__main__":
    main()
