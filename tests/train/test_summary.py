import pytest

from graphvision.train import Settings
from graphvision.train.summary import TIMES, broken_floors, mean_and_sd, summarise


def test_mean_and_sd_matches_oracle():
    import numpy as np

    values = [0.81, 0.84, 0.86]
    found = mean_and_sd(values)
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))
    assert mean_and_sd([0.5]) == {"mean": 0.5, "sd": None}


def test_confusions_add_up():
    scores = dict.fromkeys(("accuracy", *TIMES), 0.5)
    runs = [scores | {"parameters": 3, "confusion": [[1, 2], [3, k]]} for k in (4, 5)]
    row = summarise(runs, ["accuracy"])
    assert row["accuracy"] == {"mean": 0.5, "sd": 0.0}
    assert row["confusion"] == [[2, 4], [6, 9]]
    assert row["runs"] == runs


@pytest.mark.parametrize(
    ("dataset", "mean", "broken"),
    [
        ("fashion-mini", 0.839, True),
        ("fashion-mini", 0.84, False),
        ("fashion-mnist", 0.879, True),
        ("fashion-mnist", 0.88, False),
        ("digits", 0.1, False),
    ],
)
def test_floors(dataset, mean, broken):
    models = {"lenet5": {"accuracy": {"mean": mean}}}
    settings = Settings(dataset=dataset)
    assert bool(broken_floors(settings, models)) == broken
    assert broken_floors(settings, {"mlp": {"accuracy": {"mean": 0.1}}}) == []
