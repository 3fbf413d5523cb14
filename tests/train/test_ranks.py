"""Two processes train one network as one process does."""

import dataclasses
import os
import signal
import time
from multiprocessing import active_children

import pytest
import torch

from graphvision.train import Data, Run, ranks
from graphvision.train.run import perform

PAIRLESS = 73  # the last of four batches holds one image


def history(run, folder):
    return perform(run, Data(run.settings, progress=False), folder)["history"]


@pytest.mark.parametrize(("model", "size"), [("mlp", 25), ("lenet5", 25), ("mlp", PAIRLESS)])
def test_two_processes_have_the_losses_of_one(model, size, settings, tmp_path):
    """54 steps, or 24; parts of a batch are of different sizes, and the last batch is smaller.

    In the last case it holds one image, so that one process has none.
    """
    alone = settings(model, epochs=6, batch_size=size)
    images = len(Data(alone, progress=False).splits["train"])
    assert (images % size == 1) == (size == PAIRLESS)
    together = dataclasses.replace(alone, devices=2)
    expected = history(Run(model, 0, alone), tmp_path / "alone")
    told = []
    run = Run(model, 0, together)
    ranks.train_together(run, tmp_path / "together", lambda *event: told.append(event))
    found = history(run, tmp_path / "together")  # reads the state; nothing is left to train
    assert told[-1][0] == 6.0
    for one, two in zip(expected, found, strict=True):
        for name in ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy"):
            assert two[name] == pytest.approx(one[name], rel=1e-5), name


def test_a_killed_process_ends_the_others_and_the_run_goes_on(settings, tmp_path):
    run = Run("mlp", 0, dataclasses.replace(settings("mlp", epochs=200), devices=2))
    killed = []

    def kill(epochs, note):
        if epochs >= 3 and not killed:
            killed.append(time.monotonic())
            (process,) = [child for child in active_children() if child.name == "rank 1"]
            os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(RuntimeError, match=r"process 1 was killed by SIGKILL; start again"):
        ranks.train_together(run, tmp_path, kill)
    assert time.monotonic() - killed[0] < 30
    assert not [child for child in active_children() if child.name.startswith("rank")]
    state = torch.load(tmp_path / "last.ckpt", weights_only=False)
    assert 2 <= len(state["history"]) < 200
    short = dataclasses.replace(run.settings.training, epochs=len(state["history"]) + 1)
    resumed = Run("mlp", 0, dataclasses.replace(run.settings, training=short))
    found = history(resumed, tmp_path)
    assert found[: len(state["history"])] == state["history"]
    assert len(found) == len(state["history"]) + 1
