"""Scores of semantic segmentation against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from graphvision.tasks.metrics import SegmentationScore


@pytest.mark.filterwarnings("ignore:A single label was found")
def test_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(500):
        shape, classes = (rng.integers(1, 4), *rng.integers(1, 7, 2)), 2 + seed % 5
        predicted, truth = (
            rng.integers(0, classes - seed % 2, shape),
            rng.integers(-1, classes, shape),
        )
        score = SegmentationScore(classes)
        score.update(torch.from_numpy(predicted), torch.from_numpy(truth))
        true, seen = truth[truth >= 0], predicted[truth >= 0]
        if not len(true):
            continue
        present = np.union1d(true, seen)
        found = score.compute()
        ious = sk.jaccard_score(true, seen, labels=present, average=None)
        assert found["mean_iou"] == pytest.approx(ious.mean())
        assert found["pixel_accuracy"] == pytest.approx(sk.accuracy_score(true, seen))
        own = score.class_iou()
        np.testing.assert_allclose(own[present], ious)
        assert own.isnan().sum() == classes - len(present)
