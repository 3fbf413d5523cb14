"""The process that :mod:`graphvision.train.memory` starts: a few training steps, then its peak."""

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch_geometric.data import Batch

from graphvision.train.fitted import fitted

STEPS = 3


def main(job: str) -> None:
    """Load the job, train a few steps, print the peak above the start in bytes as JSON.

    Args:
        job: file written by :func:`graphvision.train.memory.peak_memory_bytes`.
    """
    content = torch.load(job, weights_only=False)
    torch.set_num_threads(content["threads"])
    inputs, labels = content["inputs"], content["labels"]
    if content["kind"] == "graph":
        inputs = Batch.from_data_list(inputs)
    before = _reset_peak()
    _train(content, inputs, labels)
    after = _status("VmHWM")
    if after is None:
        unit = 1 if sys.platform == "darwin" else 1024
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    sys.stdout.write(json.dumps(max(0, after - before)) + "\n")


def _train(content: dict[str, Any], inputs: Any, labels: torch.Tensor) -> None:
    if content["kind"] == "image":
        inputs = (inputs.to(torch.float32) / 255).contiguous(memory_format=torch.channels_last)
    model = fitted(content["model"], **content["shape"])
    model.load_state_dict(torch.load(content["weights"], weights_only=True))
    optimiser = torch.optim.AdamW(model.parameters())
    for _ in range(STEPS):
        optimiser.zero_grad()
        F.cross_entropy(model(inputs), labels).backward()
        optimiser.step()


def _reset_peak() -> int:
    """Make the present memory the peak, where Linux lets us; bytes in use now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    unit = 1 if sys.platform == "darwin" else 1024
    return _status("VmRSS") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status(key: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(key)), None)


if __name__ == "__main__":
    main(sys.argv[1])
