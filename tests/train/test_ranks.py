"""Two processes train one network as one process does."""

import dataclasses
import os
import signal
import time

import pytest
import torch

from graphvision.train import Data, Run, ranks
from graphvision.train.run import perform


def history(run, folder):
    return perform(run, Data(run.settings, progress=False), folder)["history"]


@pytest.mark.parametrize("model", ["mlp", "gcn"])
def test_two_processes_have_the_losses_of_one(model, settings, tmp_path):
    """55 steps; the last batch of an epoch is smaller, and split, too."""
    alone = settings(model, epochs=5, batch_size=20)
    together = dataclasses.replace(alone, devices=2)
    expected = history(Run(model, 0, alone), tmp_path / "alone")
    told = []
    run = Run(model, 0, together)
    ranks.train_together(run, tmp_path / "together", lambda *event: told.append(event))
    found = history(run, tmp_path / "together")  # reads the state; nothing is left to train
    assert told[-1][0] == 5.0
    for one, two in zip(expected, found, strict=True):
        for name in ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy"):
            assert two[name] == pytest.approx(one[name], rel=1e-5), name


def test_a_killed_process_ends_the_others_and_the_run_goes_on(settings, tmp_path, monkeypatch):
    run = Run("mlp", 0, dataclasses.replace(settings("mlp", epochs=200), devices=2))
    started, get_context, killed = [], ranks.get_context, []

    def remembering(method):
        context = get_context(method)

        class Remembered(context.Process):
            def start(self):
                super().start()
                started.append(self)

        monkeypatch.setattr(context, "Process", Remembered)
        return context

    def kill(epochs, note):
        if epochs >= 2 and not killed:
            killed.append(time.monotonic())
            os.kill(started[1].pid, signal.SIGKILL)

    monkeypatch.setattr(ranks, "get_context", remembering)
    with pytest.raises(RuntimeError, match=r"process 1 was killed by SIGKILL; start again"):
        ranks.train_together(run, tmp_path, kill)
    assert time.monotonic() - killed[0] < 30
    assert not any(process.is_alive() for process in started)
    state = torch.load(tmp_path / "last.ckpt", weights_only=False)
    assert 2 <= len(state["history"]) < 200
    short = dataclasses.replace(run.settings.training, epochs=len(state["history"]) + 1)
    resumed = Run("mlp", 0, dataclasses.replace(run.settings, training=short))
    found = history(resumed, tmp_path)
    assert found[: len(state["history"])] == state["history"]
    assert len(found) == len(state["history"]) + 1
