"""Confusion matrices against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from graphvision.tasks.metrics import confusion_matrix


@pytest.mark.filterwarnings("ignore:A single label was found")
def test_matches_oracle():
    rng = np.random.default_rng(0)
    for _ in range(500):
        k, n = rng.integers(1, 6), rng.integers(1, 20)
        predicted, truth = rng.integers(0, k, n), rng.integers(-1, k, n)
        known = truth >= 0
        if not known.any():
            continue
        expected = sk.confusion_matrix(truth[known], predicted[known], labels=range(k))
        tensors = (torch.from_numpy(a) for a in (predicted, truth))
        np.testing.assert_array_equal(confusion_matrix(*tensors, int(k)), expected)


@pytest.mark.usefixtures("unchecked")
def test_errors():
    zero = torch.zeros(3, dtype=torch.long)
    with pytest.raises(ValueError, match="`predicted` must be in 0…1, got 0…2"):
        confusion_matrix(torch.tensor([0, 1, 2]), zero, 2)
    with pytest.raises(ValueError, match="`truth` must be in 0…1, got -2…0"):
        confusion_matrix(zero, torch.tensor([0, -1, -2]), 2)
    with pytest.raises(ValueError, match=r"the shape of the truth, \(3,\), got \(2,\)"):
        confusion_matrix(zero[:2], zero, 2)
