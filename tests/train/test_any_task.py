"""Every task is trained, scored, read again from its files and drawn, for CNNs and graphs."""

import dataclasses

import pytest
import torch

from graphvision import tasks
from graphvision.datasets import AnnotatedImages, Recipe, compose_scenes, load
from graphvision.train import Comparison, Data, Run, Settings, Training
from graphvision.train import data as train_data
from graphvision.train.report import write_report
from graphvision.train.run import new_learner

MODELS = {
    "classify": ("unet", "residual-gated"),
    "count": ("localizer", "superpixel-net"),
    "detect": ("fcos", "superpixel-detector", "hybrid"),
    "edges": ("segnet", "superpixel-net", "hybrid"),
    "localize": ("localizer", "residual-gated"),
    "segment": ("unet", "graph-unet", "hybrid"),
    "segment+edges+tag": ("superpixel-net", "hybrid"),
    "tag": ("lenet5", "residual-gated"),
}


@pytest.fixture
def small_scenes(monkeypatch):
    """Pictures of 32² in place of the data set's."""
    items = load("fashion-mini", "test").subset(torch.arange(40))
    made = compose_scenes(items, 18, image_size=32, seed=1)
    parts = {"train": slice(0, 10), "validation": slice(10, 14), "test": slice(14, 18)}

    def loaded(name, split, **where) -> AnnotatedImages:
        index = torch.arange(18)[parts[split]]
        return dataclasses.replace(made.subset(index), name=name, split=split)

    monkeypatch.setattr(train_data, "load", loaded)


def settings_of(task, models, **more):
    return Settings(
        models=models,
        task=task,
        dataset="scenes-mini",
        seeds=1,
        training=Training(epochs=2, batch_size=4, **more),
        recipe=Recipe(n_segments=30),
    )


def test_every_task_has_its_models():
    assert set(tasks.names()) < set(MODELS)


@pytest.mark.parametrize("task", MODELS)
def test_compared_and_drawn(task, small_scenes, tmp_path):
    settings = settings_of(task, MODELS[task])
    results = Comparison(settings, tmp_path).run()
    assert list(results["models"]) == list(MODELS[task])
    assert results["left_out"] == {}
    for row in results["models"].values():
        for measure in results["task"]["measures"]:
            mean = row[measure["name"]]["mean"]
            assert mean == mean  # no NaN
            assert not measure["percent"] or 0 <= mean <= 1
        (run,) = row["runs"]
        assert run["history"][-1]["train_loss"] < 1.5 * run["history"][0]["train_loss"]
        assert row["multiply_adds"] > 1000
        assert row["peak_memory_bytes"] > 0
    assert write_report(results, settings, tmp_path).stat().st_size > 10_000
    again = Comparison(settings, tmp_path).run()  # reads the runs
    assert again["models"] == results["models"] | {
        name: row | {"graph_seconds": again["models"][name]["graph_seconds"]}
        for name, row in results["models"].items()
    }


@pytest.mark.parametrize(
    ("task", "model"), [("segment", "superpixel-net"), ("detect", "fcos"), ("edges", "unet")]
)
def test_learns_a_batch_by_heart(task, model, small_scenes):
    data = Data(settings_of(task, (model,)), progress=False)
    learner = new_learner(Run(model, 0, data.settings), data)
    kind = "graph" if model == "superpixel-net" else "image"
    inputs, truth = next(iter(data.batches(kind, "train", 6)))
    optimiser = torch.optim.AdamW(learner.parameters(), 5e-3)
    first = float(learner.loss(inputs, truth).detach())
    for _ in range(80):
        optimiser.zero_grad()
        loss = learner.loss(inputs, truth)
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.5 * first


def test_stops_early_and_keeps_the_best(small_scenes, tmp_path):
    settings = settings_of("segment", ("superpixel-net",), patience=1)
    settings = dataclasses.replace(
        settings, training=dataclasses.replace(settings.training, epochs=30)
    )
    (row,) = Comparison(settings, tmp_path).run()["models"].values()
    (run,) = row["runs"]
    scores = [epoch["validation_mean_iou"] for epoch in run["history"]]
    assert len(scores) < 30
    assert run["epoch"] == scores.index(max(scores)) + 1 == len(scores) - 1


def test_what_a_task_needs_is_said(small_scenes, tmp_path, monkeypatch):
    def only_labels(name, split, **where):
        return load("fashion-mini", split).subset(torch.arange(8))  # a cycle of 4 steps

    monkeypatch.setattr(train_data, "load", only_labels)
    with pytest.raises(ValueError, match=r"must know \['semantic'\] for the task 'segment'"):
        Comparison(settings_of("segment", ("unet",)), tmp_path).run()


def test_stopped_stays_stopped(small_scenes, tmp_path):
    """A run that is killed between training and test doesn't train on."""
    settings = settings_of("segment", ("superpixel-net",), patience=1)
    longer = dataclasses.replace(settings.training, epochs=30)
    settings = dataclasses.replace(settings, training=longer)
    first = Comparison(settings, tmp_path).run()["models"]["superpixel-net"]["runs"][0]
    (result,) = tmp_path.glob("runs/*/result.json")
    result.unlink()
    again = Comparison(settings, tmp_path).run()["models"]["superpixel-net"]["runs"][0]
    assert again["history"] == first["history"]
    assert again["mean_iou"] == first["mean_iou"]


def test_a_loss_that_is_no_number_is_said(small_scenes, tmp_path):
    with pytest.raises(ValueError, match=r"`max_lr` must be lower .* became (nan|inf) in epoch"):
        Comparison(settings_of("segment", ("segnet",), max_lr=1e30), tmp_path).run()


def test_several_tasks_need_a_model_for_all(small_scenes, tmp_path):
    with pytest.raises(ValueError, match=r"each of \['node', 'edge'\] at once, got 'unet'"):
        Comparison(settings_of("segment+edges", ("unet",)), tmp_path).run()


def test_parts_must_fit_together(small_scenes, tmp_path, monkeypatch):
    def grey_test(name, split, **where):
        data = load("fashion-mini", split).subset(torch.arange(8))
        if split != "test":
            return data
        return dataclasses.replace(data, images=data.images.expand(-1, 3, -1, -1))

    monkeypatch.setattr(train_data, "load", grey_test)
    with pytest.raises(ValueError, match=r"one number of channels, 1, got 3 in the part 'test'"):
        Comparison(settings_of("classify", ("mlp",)), tmp_path).run()


def test_several_devices_and_several_runs(tmp_path):
    settings = dataclasses.replace(settings_of("segment", ("unet",)), devices=2)
    with pytest.raises(ValueError, match=r"`processes` must be 1 where a run has several devices"):
        Comparison(settings, tmp_path, processes=2)
