"""Time and memory of trained networks, from the bytes of pictures to the answer in pixels or boxes.

Run as a program, ``python -m benchmarks.comparison.large_costs MODEL PICTURES 1 16``, it measures
the memory of one network in this process, for 1 and for 16 pictures, and prints it.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from benchmarks._machine import load
from benchmarks._runner import summary
from graphvision.train import Predictor
from graphvision.train.peak import peak_bytes, reset_peak

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("graph", "network", "answer")
BATCHES = (1, 16)
THREADS = (1, 2)
WARM_SIDE = 64
Seconds = list[float]


def times_of(
    networks: Mapping[str, Predictor],
    images: Tensor,
    *,
    rounds: int,
    batches: tuple[int, ...] = BATCHES,
    threads: tuple[int, ...] = THREADS,
) -> list[dict[str, Any]]:
    """Milliseconds per picture, networks taking turns: in each round each sees the same pictures.

    Args:
        networks: trained, by name.
        images: uint8, ``[n, c, h, w]``; as many of them as the largest batch has are used.
        rounds: how often every network is timed; the order rotates.
        batches: pictures at a time; fewer where there aren't as many.
        threads: numbers of threads.

    Returns:
        For each network, batch and number of threads the total and each stage, median and
        quartiles over the rounds: ``graph`` cuts superpixels and builds the graph, ``network`` is
        the network with the scaling (and reduction) of its pixels, ``answer`` paints or draws the
        answer or picks the boxes.
    """
    images = images[: max(batches)]
    before, rows = torch.get_num_threads(), []
    try:
        for count in threads:
            torch.set_num_threads(count)
            for batch in batches:
                print(f"timing: {count} threads, {batch} at a time", flush=True)
                found = _rounds(networks, images.split(batch), rounds)
                about = {"threads": count, "batch": min(batch, len(images)), "rounds": rounds}
                about |= {"pictures": len(images), "load": load()}
                rows += [{"network": n, **about, **_row(times)} for n, times in found.items()]
    finally:
        torch.set_num_threads(before)
    return rows


def _rounds(
    networks: Mapping[str, Predictor], parts: tuple[Tensor, ...], rounds: int
) -> dict[str, list[Seconds]]:
    """Seconds per picture of each stage, in each round, by network."""
    names = list(networks)
    found: dict[str, list[Seconds]] = {name: [] for name in names}
    pictures = sum(map(len, parts))
    for name in names:  # what is done once only
        stages(networks[name], parts[0])
    for number in range(rounds):
        for place in range(len(names)):
            name = names[(place + number) % len(names)]
            times = [stages(networks[name], part) for part in parts]
            found[name].append([sum(stage) / pictures for stage in zip(*times, strict=True)])
    return found


def _row(times: list[Seconds]) -> dict[str, Any]:
    parts = dict(zip(STAGES, zip(*times, strict=True), strict=True))
    medians = {f"{name}_ms": 1e3 * statistics.median(part) for name, part in parts.items()}
    return {"ms": summary([1e3 * sum(stage) for stage in times]), **medians}


@torch.inference_mode()
def stages(network: Predictor, images: Tensor) -> Seconds:
    """Seconds of the graph, the network and the answer for some pictures at once.

    Args:
        network: trained.
        images: uint8, ``[b, c, h, w]``.
    """
    height, width = images.shape[2:]
    marks = [time.perf_counter()]
    inputs = network.inputs(images)
    marks.append(time.perf_counter())
    outputs = network.learner(inputs)
    marks.append(time.perf_counter())
    network.learner.read(inputs, outputs, (height, width))
    marks.append(time.perf_counter())
    return [end - start for start, end in pairwise(marks)]


def memory_of(
    paths: Mapping[str, Path], images: Tensor, *, batches: tuple[int, ...] = BATCHES
) -> list[dict[str, Any]]:
    """Peak memory of one inference, each network in a process of its own.

    Args:
        paths: files of trained networks, by name.
        images: uint8, ``[n, c, h, w]``.
        batches: pictures at a time; fewer where there aren't as many.

    Returns:
        For each network and batch the bytes above those of the process with the network loaded and
        everything compiled, at one thread.

    Raises:
        RuntimeError: the measuring process failed.
    """
    rows = []
    with TemporaryDirectory() as scratch:
        pictures = Path(scratch) / "pictures.pt"
        torch.save(images[: max(batches)].clone(), pictures)
        for name, path in paths.items():
            command = [sys.executable, "-m", "benchmarks.comparison.large_costs"]
            command += [str(path.resolve()), str(pictures), *map(str, batches)]
            said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if said.returncode != 0:
                raise RuntimeError(f"the memory of {name} can't be measured: {said.stderr}")
            for batch, found in zip(batches, json.loads(said.stdout.splitlines()[-1]), strict=True):
                print(f"memory: {name}, {batch} at a time, {found / 2**20:.1f} MiB", flush=True)
                rows.append({"network": name, "batch": min(batch, len(images)), "bytes": found})
    return rows


def inference_bytes(network: Predictor, images: Tensor) -> int:
    """Peak resident memory of an inference above that before it, in this process.

    A small part of a picture goes through first, so that what is loaded and compiled at the first
    call isn't counted.

    Args:
        network: trained.
        images: uint8, ``[b, c, h, w]``.
    """
    stages(network, images[:1, :, :WARM_SIDE, :WARM_SIDE])
    before = reset_peak()
    stages(network, images)
    return max(0, peak_bytes() - before)


def main(model: str, pictures: str, *batches: str) -> None:
    """Measure one network and print its bytes for each batch as JSON."""
    torch.set_num_threads(1)
    network, images = Predictor.load(model), torch.load(pictures, weights_only=True)
    print(json.dumps([inference_bytes(network, images[: int(batch)]) for batch in batches]))


if __name__ == "__main__":
    main(*sys.argv[1:])
