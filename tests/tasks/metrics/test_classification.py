"""Scores of classes against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn import metrics as sk

from graphvision.tasks.metrics import ClassificationScore, MultiLabelScore

quick = config_context(assume_finite=True, skip_parameter_validation=True)


@pytest.mark.filterwarnings("ignore:A single label was found")
@quick
def test_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(500):
        classes, n = 2 + seed % 5, 1 + seed % 17
        logits, labels = rng.normal(size=(n, classes)), rng.integers(-1, classes, n)
        labels[0] = classes - 1
        score = ClassificationScore(classes, top=2)
        score.update(torch.from_numpy(logits), torch.from_numpy(labels))
        logits, labels = logits[labels >= 0], labels[labels >= 0]
        predicted = logits.argmax(1)
        macro = sk.precision_recall_fscore_support(
            labels, predicted, average="macro", zero_division=0.0
        )
        ranks = (-logits).argsort(1)
        expected = {
            "accuracy": sk.accuracy_score(labels, predicted),
            "top2": np.mean([label in row[:2] for label, row in zip(labels, ranks, strict=True)]),
            "precision": macro[0],
            "recall": macro[1],
            "f1": macro[2],
            "average_precision": sk.average_precision_score(
                labels[:, None] == (used := np.unique(labels)), logits[:, used]
            ),
        }
        assert score.compute() == pytest.approx(expected)
        found = sk.confusion_matrix(labels, predicted, labels=range(classes))
        np.testing.assert_array_equal(score.confusion, found)


@quick
def test_several_labels_match_oracle():
    rng = np.random.default_rng(0)
    for seed in range(500):
        classes, n = 2 + seed % 3, 2 + seed % 11
        logits, target = rng.normal(size=(n, classes)), rng.integers(0, 2, (n, classes))
        score = MultiLabelScore(classes)
        score.update(torch.from_numpy(logits), torch.from_numpy(target))
        predicted, present = logits > 0, target.any(0)
        used = present | predicted.any(0)
        scores = sk.f1_score(target.ravel(), predicted.ravel(), zero_division=0.0)
        expected = {"mean_average_precision": 0.0, "micro_f1": scores, "macro_f1": 0.0}
        if used.any():
            f1 = sk.f1_score(target, predicted, labels=used.nonzero()[0], average="macro")
            expected["macro_f1"] = f1
        if present.any():
            columns = target[:, present], logits[:, present]
            expected["mean_average_precision"] = sk.average_precision_score(*columns)
        assert score.compute() == pytest.approx(expected)


def test_unknown_labels_do_not_count():
    logits = torch.randn(40, 1)
    target = torch.randint(-1, 2, (40, 1))
    some, all_known = MultiLabelScore(1), MultiLabelScore(1)
    some.update(logits, target)
    known = target[:, 0] >= 0
    all_known.update(logits[known], target[known])
    assert some.compute() == all_known.compute()


def test_equal_logits():
    score = ClassificationScore(3, top=2)
    score.update(torch.zeros(3, 3), torch.tensor([0, 1, 2]))
    assert score.compute()["accuracy"] == pytest.approx(1 / 3)
    assert score.compute()["top2"] == pytest.approx(2 / 3)


def test_errors():
    with pytest.raises(ValueError, match="`truth` must be in 0…1, got 2…2"):
        ClassificationScore(2).update(torch.zeros(1, 2), torch.tensor([2]))
