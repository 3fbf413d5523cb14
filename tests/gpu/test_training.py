"""Training, scoring and asking on a CUDA device, for every kind of network."""

import pytest
import torch

from graphvision.datasets import Recipe, load
from graphvision.tasks import Detection, Edges, Segmentation, Several
from graphvision.train import Comparison, Predictor, Settings, Training, learn
from graphvision.train import data as train_data
from graphvision.train.model_file import save_run

pytestmark = pytest.mark.gpu

ONCE, RECIPE = Training(epochs=1, batch_size=4), Recipe(n_segments=20)


@pytest.fixture
def pictures(monkeypatch, tmp_path):
    monkeypatch.setenv("GRAPHVISION_CACHE", str(tmp_path / "cache"))
    return load("scenes-mini", "validation").subset(torch.arange(10))


@pytest.mark.parametrize("model", ["unet", "residual-gated", "superpixel-net", "hybrid"])
@pytest.mark.parametrize("task", [Segmentation, Edges, Detection])
def test_an_epoch(model, task, pictures):
    """The first weights are those of the CPU, so the first losses are close."""
    found = {}
    for device in ("cpu", "cuda"):
        asked = task(pictures.classes)
        network = learn(
            model,
            asked,
            pictures,
            validation=pictures,
            training=ONCE,
            recipe=RECIPE,
            accelerator=device,
        )
        assert network.learner.device.type == device
        (found[device],) = network.learner.history
        scores = network.scores(pictures)
        assert all(scores[measure.name] == scores[measure.name] for measure in asked.measures)
        answer = network(pictures.images[0])
        assert {v.device.type for v in vars(answer).values() if isinstance(v, torch.Tensor)} == {
            "cpu"
        }
    assert found["cuda"]["train_loss"] == pytest.approx(found["cpu"]["train_loss"], rel=0.05)


def test_several_tasks(pictures):
    task = Several([Segmentation(pictures.classes), Edges(pictures.classes)])
    network = learn(
        "residual-gated", task, pictures, training=ONCE, recipe=RECIPE, accelerator="cuda"
    )
    assert network.scores(pictures)["edge_ap"] > 0


def test_a_run_and_its_file(pictures, tmp_path, monkeypatch):
    """What was trained on CUDA is read and asked on the CPU."""
    monkeypatch.setattr(train_data, "load", lambda name, split, **where: pictures)
    settings = Settings(
        ("residual-gated",),
        task="segment",
        dataset="scenes-mini",
        seeds=1,
        training=Training(epochs=2, batch_size=4, patience=1),
        recipe=RECIPE,
        accelerator="cuda",
    )
    results = Comparison(settings, tmp_path).run()
    assert results["machine"]["device"] == torch.cuda.get_device_name()
    assert results["models"]["residual-gated"]["peak_memory_bytes"] > 0
    path = save_run(settings, tmp_path)
    one, other = (Predictor.load(path, accelerator=device) for device in ("cpu", "cuda"))
    same = one(pictures.images[0]).semantic == other(pictures.images[0]).semantic
    assert same.double().mean() > 0.99
