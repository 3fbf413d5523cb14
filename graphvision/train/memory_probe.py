"""The process that :mod:`graphvision.train.memory` starts: a few training steps, then its peak."""

import json
import sys
from typing import Any

import torch
from torch_geometric.data import Batch

from graphvision.train.fitted import fitted
from graphvision.train.learner import Learner
from graphvision.train.peak import peak_bytes, reset_peak
from graphvision.train.settings import Training

STEPS = 3


def main(job: str) -> None:
    """Load the job, train a few steps, print the peak above the start in bytes as JSON.

    Args:
        job: file written by :func:`graphvision.train.memory.peak_memory_bytes`.
    """
    content = torch.load(job, weights_only=False)
    torch.set_num_threads(content["threads"])
    images, graphs = content["images"], content["graphs"]
    given = [images] if images is not None else []
    given += [Batch.from_data_list(graphs)] if graphs is not None else []
    inputs = tuple(given) if len(given) > 1 else given[0]
    before = reset_peak()
    _train(content, inputs)
    on_device = content["device"] == "cuda"
    used = torch.cuda.max_memory_allocated() if on_device else max(0, peak_bytes() - before)
    sys.stdout.write(json.dumps(used) + "\n")


def _train(content: dict[str, Any], inputs: Any) -> None:
    model = fitted(content["model"], **content["shape"])
    model.load_state_dict(torch.load(content["weights"], weights_only=True))
    learner = Learner(
        model, content["task"], Training(), pixel_range=content["pixel_range"], seed=0
    )
    learner.to(content["device"])
    optimiser = torch.optim.AdamW(model.parameters())
    for _ in range(STEPS):
        optimiser.zero_grad()
        learner.loss(inputs, content["truth"]).backward()
        optimiser.step()


if __name__ == "__main__":
    main(sys.argv[1])
