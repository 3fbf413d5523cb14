"""Scores of numbers against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from graphvision.tasks.metrics import RegressionScore


def test_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(500):
        n, d = 2 + seed % 9, 1 + seed % 3
        target = 1e4 * (seed % 5) + rng.normal(size=(n, d))
        if seed % 7 == 0:
            target[:, 0] = 3.0
        prediction = target + rng.normal(size=(n, d)) * (seed % 4)
        score = RegressionScore(d)
        score.update(torch.from_numpy(prediction), torch.from_numpy(target))
        expected = {
            "mae": sk.mean_absolute_error(target, prediction),
            "rmse": sk.mean_squared_error(target, prediction) ** 0.5,
            "r2": sk.r2_score(target, prediction),
        }
        assert score.compute() == pytest.approx(expected)


def test_unknown_rows_do_not_count():
    score = RegressionScore()
    score.update(torch.tensor([1.0, 2.0, 9.0]), torch.tensor([1.0, 3.0, float("nan")]))
    assert score.compute()["mae"] == 0.5
