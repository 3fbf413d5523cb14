"""Average precision against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from graphvision.tasks.metrics import AveragePrecision, average_precision


def test_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(500):
        n = 1 + seed % 25
        scores = rng.normal(size=n).round(seed % 2) if seed % 3 else rng.normal(size=n)
        target, weight = rng.integers(-1, 2, n), rng.random(n)
        target[0] = 1
        known = target >= 0
        tensors = [torch.from_numpy(a) for a in (scores, target, weight)]
        for weights in (None, weight):
            own = None if weights is None else weights[known]
            expected = average_precision_score(target[known], scores[known], sample_weight=own)
            given = None if weights is None else tensors[2]
            found = average_precision(*tensors[:2], weight=given)
            assert found == pytest.approx(expected)
            score = AveragePrecision("ap")
            score.update(*tensors[:2], weight=given)
            assert score.compute()["ap"] == pytest.approx(expected)


def test_large_logits_are_told_apart():
    scores = torch.tensor([100.0, 200.0, 300.0])
    assert average_precision(scores, torch.tensor([0, 0, 1])) == 1


def test_edge_cases():
    scores = torch.rand(5)
    assert average_precision(scores, torch.zeros(5)) == 0
    assert average_precision(scores, torch.ones(5)) == 1
    assert average_precision(torch.ones(4), torch.tensor([1, 0, 0, 0])) == 0.25
    assert average_precision(scores[:0], torch.zeros(0)) == 0
