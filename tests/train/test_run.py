import pytest
import pytorch_lightning as pl
import torch

from graphvision.train import Data, Run
from graphvision.train.run import perform


class Stop(pl.Callback):
    """Fails in the middle of the second epoch."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.current_epoch == 1 and batch_idx == 2:
            raise InterruptedError


def weights(folder):
    return torch.load(folder / "weights.pt", weights_only=True)


@pytest.mark.parametrize("model", ["mlp", "gcn"])
def test_resumed_run_has_the_same_bits(model, settings, tmp_path, without_times):
    run = Run(model, 3, settings(model, epochs=3))
    data = Data(run.settings, progress=False)
    whole = perform(run, data, tmp_path / "whole")
    with pytest.raises(InterruptedError):
        perform(run, data, tmp_path / "broken", [Stop()])
    assert (tmp_path / "broken" / "last.ckpt").is_file()
    resumed = perform(run, data, tmp_path / "broken")
    assert without_times(resumed) == without_times(whole)
    for name, value in weights(tmp_path / "whole").items():
        assert torch.equal(weights(tmp_path / "broken")[name], value), name


def test_finished_run_is_not_repeated(settings, tmp_path, monkeypatch):
    run = Run("mlp", 0, settings("mlp"))
    data = Data(run.settings, progress=False)
    first = perform(run, data, tmp_path)
    monkeypatch.setattr(pl.Trainer, "fit", None)
    assert perform(run, data, tmp_path) == first
    assert len((tmp_path / "test-log.txt").read_text().splitlines()) == 1


def test_learns(settings, tmp_path):
    run = Run("mlp", 0, settings("mlp", epochs=15))
    result = perform(run, Data(run.settings, progress=False), tmp_path)
    assert result["accuracy"] > 0.5
    assert [entry["epoch"] for entry in result["history"]] == list(range(1, 16))
    assert result["history"][-1]["train_loss"] < result["history"][0]["train_loss"]


def test_flip_shows_mirrored_images(settings, tmp_path):
    plain, flipped = (Data(settings("mlp", flip=flip), progress=False) for flip in (False, True))
    train, both = plain.splits["train"], flipped.splits["train"]
    assert torch.equal(both.images[len(train) :], train.images.flip(-1))
    batches = flipped.batches("image", "train", 32, order=0)
    assert sum(len(labels) for _, labels in batches) == len(train)
    run = Run("mlp", 0, settings("mlp", flip=True))
    assert len(perform(run, flipped, tmp_path)["history"]) == 2
