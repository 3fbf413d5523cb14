"""Average precision against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.metrics import average_precision_score

from graphvision.tasks.metrics import AveragePrecision, average_precision


@config_context(assume_finite=True, skip_parameter_validation=True)
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


def test_bins_are_exact_where_no_two_scores_share_one():
    """And where they do, as the exact one on scores rounded down to their bin."""
    torch.manual_seed(0)
    scores, target = torch.rand(3, 500), torch.randint(-1, 2, (3, 500))
    scores[0, :2] = torch.tensor([0.0, 1.0])
    weight = torch.rand(3, 500)
    for bins in (16, 2**16):
        for given in (None, weight):
            binned = AveragePrecision("ap", bins=bins)
            exact = AveragePrecision("ap")
            other = AveragePrecision("ap", bins=bins)
            for k in range(3):
                own = None if given is None else given[k]
                (binned if k < 2 else other).update(scores[k], target[k], weight=own)
                rounded = (scores[k].double() * bins).floor().clamp(max=bins - 1)
                exact.update(rounded, target[k], weight=own)
            binned.merge(other)
            assert binned.compute()["ap"] == pytest.approx(exact.compute()["ap"], abs=1e-12)
    plain = average_precision(scores.flatten(), target.flatten(), weight=weight.flatten())
    assert binned.compute()["ap"] == pytest.approx(plain, abs=1e-3)
    assert AveragePrecision("ap", bins=4).compute() == {"ap": 0.0}


def test_no_weight_is_kept_where_none_is_given():
    score = AveragePrecision()
    score.update(torch.rand(9), torch.ones(9))
    assert not len(score.kept("weight"))
    binned = AveragePrecision(bins=8)
    binned.update(torch.rand(9), torch.ones(9))
    assert {name: len(value) for name, value in binned.sums.items()} == {"positive": 8, "all": 8}
    assert not len(binned.kept("scores"))


def test_errors():
    with pytest.raises(ValueError, match="`bins` must be at least 1, got 0"):
        AveragePrecision(bins=0)
    score = AveragePrecision(bins=4)
    with pytest.raises(ValueError, match=r"`scores` must be in 0…1 for bins, got -1…0.5"):
        score.update(torch.tensor([0.5, -1.0]), torch.ones(2))
    with pytest.raises(ValueError, match=r"`scores` must be in 0…1 for bins, got nan…nan"):
        score.update(torch.tensor([0.5, torch.nan]), torch.ones(2))
    mixed = AveragePrecision()
    mixed.update(torch.rand(2), torch.ones(2))
    mixed.update(torch.rand(3), torch.ones(3), weight=torch.rand(3))
    with pytest.raises(ValueError, match=r"of all elements or of none, got 3 of 5"):
        mixed.compute()
