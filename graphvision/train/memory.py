"""Peak memory of one training step, measured in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from graphvision.graphs.atomic import write_json
from graphvision.train.data import Data
from graphvision.train.run import input_kind
from graphvision.train.settings import Run


def measure_memory(run: Run, data: Data, folder: Path) -> int | None:
    """Measure :func:`peak_memory_bytes` once and keep it in the run's folder.

    Args:
        run: a finished run.
        data: the comparison's images.
        folder: the run's folder.

    Returns:
        Bytes, or None where the system doesn't tell.
    """
    path = folder / "memory.json"
    if not path.is_file():
        write_json(path, peak_memory_bytes(run, data, folder))
    found: int | None = json.loads(path.read_text(encoding="utf-8"))
    return found


def peak_memory_bytes(run: Run, data: Data, folder: Path) -> int | None:
    """Peak memory of training steps: on CUDA what tensors take of the device's, inputs included.

    On the CPU the resident memory above that of a process that has imported everything.

    Args:
        run: the run whose trained weights are loaded.
        data: the comparison's images.
        folder: the run's folder, with ``weights.pt``.

    Returns:
        Bytes, or None where the system doesn't tell.

    Raises:
        RuntimeError: the measuring process failed.
    """
    kind = input_kind(run.model)
    size = run.settings.training.batch_size
    index = torch.arange(min(size, len(data.splits["train"])))
    inputs = data.inputs(kind, "train", index)
    images, graph = inputs if kind == "both" else (inputs, inputs)
    with TemporaryDirectory() as scratch:
        job = Path(scratch) / "job.pt"
        content: dict[str, Any] = {
            "model": run.model,
            "shape": data.shape(kind),
            "images": None if kind == "graph" else images,
            "graphs": None if kind == "image" else graph.to_data_list(),
            "truth": data.splits["train"].annotations(index),
            "task": data.task,
            "pixel_range": data.pixel_range,
            "threads": run.settings.threads,
            "device": data.device,
            "weights": str(folder.resolve() / "weights.pt"),
        }
        torch.save(content, job)
        command = [sys.executable, "-m", "graphvision.train.memory_probe", str(job)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"the memory of {run.label} couldn't be measured: {answer.stderr}")
    found: int | None = json.loads(answer.stdout.splitlines()[-1])
    return found
