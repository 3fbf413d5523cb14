"""Lovász losses against the definition of the extension, set by set."""

from itertools import pairwise

import torch

from graphvision.tasks.losses import lovasz_hinge, lovasz_softmax


def jaccard_loss(wrong, truth):
    """``1 − IoU`` of the prediction that differs from the truth in the set ``wrong``."""
    predicted = truth ^ wrong
    return 1 - len(truth & predicted) / len(truth | predicted) if truth | predicted else 0.0


def extension(errors, truth):
    """The integral over t of the loss at the set of elements with errors above t."""
    levels = sorted({0.0, *errors})
    return sum(
        (high - low) * jaccard_loss({i for i, e in enumerate(errors) if e > low}, truth)
        for low, high in pairwise(levels)
    )


def test_softmax_matches_oracle():
    for _ in range(100):
        logits, target = torch.randn(6, 3, dtype=torch.float64), torch.randint(-1, 3, (6,))
        target[0] = 1
        p, known = logits.softmax(1)[target >= 0], target[target >= 0]
        values = []
        for k in known.unique().tolist():
            truth = {i for i, t in enumerate(known.tolist()) if t == k}
            errors = [float(1 - q if i in truth else q) for i, q in enumerate(p[:, k])]
            values.append(extension(errors, truth))
        found = lovasz_softmax(logits, target)
        torch.testing.assert_close(float(found), sum(values) / len(values))


def test_hinge_matches_oracle():
    for _ in range(100):
        logits, target = torch.randn(7, dtype=torch.float64) * 2, torch.randint(0, 2, (7,))
        truth = {i for i, t in enumerate(target.tolist()) if t}
        errors = [max(0.0, float(1 - (2 * t - 1) * x)) for x, t in zip(logits, target, strict=True)]
        found = lovasz_hinge(logits, target)
        torch.testing.assert_close(float(found), extension(errors, truth))


def test_hard_answers_give_the_jaccard_index():
    for _ in range(50):
        predicted, target = torch.randint(0, 3, (2, 20))
        logits = 1000.0 * torch.nn.functional.one_hot(predicted, 3)
        values = []
        for k in range(3):
            both = ((predicted == k) & (target == k)).sum()
            either = ((predicted == k) | (target == k)).sum()
            values += [1 - both / either] if (target == k).any() else []
        found = lovasz_softmax(logits, target)
        torch.testing.assert_close(found, sum(values) / len(values))
