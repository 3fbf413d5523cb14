import dataclasses

import pytest

from graphvision.datasets import Recipe
from graphvision.train import Run, Settings, Training

DATA = {"train": "a", "test": "b"}


def test_folder_follows_everything_that_decides():
    run = Run("gcn", 0, Settings())
    others = [
        Run("gatv2", 0, Settings()),
        Run("gcn", 1, Settings()),
        Run("gcn", 0, Settings(training=Training(epochs=11))),
        Run("gcn", 0, Settings(recipe=Recipe(n_segments=74))),
        Run("gcn", 0, Settings(threads=2)),
        Run("gcn", 0, Settings(options={"smoothing": 0.1})),
    ]
    names = {r.folder_name(DATA) for r in (run, *others)} | {run.folder_name({"train": "c"})}
    assert len(names) == 8
    assert run.folder_name(DATA) == Run("gcn", 0, Settings(seeds=9)).folder_name(DATA)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (Training, {"epochs": 0}, "`epochs` must be at least 1, got 0"),
        (Training, {"batch_size": 0}, "`batch_size` must be at least 1"),
        (Settings, {"options": {"smoothing": 1.0}}, "`smoothing` must be in"),
        (Settings, {"options": {"balance": 0.5}}, "`options` must be among .* got 'balance'"),
        (Settings, {"task": "dream"}, "`task` must be one of"),
        (Settings, {"models": ()}, "`models` must be one or more"),
        (Settings, {"models": ("mlp", "mlp")}, "`models` must be one or more different"),
        (Settings, {"seeds": 0}, "`seeds` must be at least 1"),
        (Settings, {"threads": 0}, "`threads` must be at least 1"),
    ],
)
def test_errors(kind, change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(kind(), **change)


def test_order_of_options_is_no_choice():
    names = {
        Run(
            "unet", 0, Settings(task="segment", options={"losses": dict.fromkeys(names, 1.0)})
        ).folder_name(DATA)
        for names in (("dice", "lovasz"), ("lovasz", "dice"))
    }
    assert len(names) == 1
