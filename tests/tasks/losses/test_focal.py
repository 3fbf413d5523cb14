"""Focal losses against loops and, without focus, the cross-entropies."""

import math

import torch

from graphvision.tasks.losses import (
    binary_cross_entropy,
    cross_entropy,
    sigmoid_focal,
    softmax_focal,
)


def test_sigmoid_matches_oracle():
    for _ in range(50):
        logits, target = torch.randn(3, 2, dtype=torch.float64), torch.randint(-1, 2, (3, 2))
        gamma, alpha = float(torch.rand(())) * 3, float(torch.rand(()))
        terms = []
        for x, t in zip(logits.flatten().tolist(), target.flatten().tolist(), strict=True):
            p = 1 / (1 + math.exp(-x))
            p, a = (p, alpha) if t == 1 else (1 - p, 1 - alpha)
            terms += [-a * (1 - p) ** gamma * math.log(p)] if t >= 0 else []
        options = {"alpha": alpha, "gamma": gamma}
        found = sigmoid_focal(logits, target, **options)
        torch.testing.assert_close(float(found), sum(terms) / max(len(terms), 1))
        found = sigmoid_focal(logits, target, per_positive=True, **options)
        positives = max(int((target == 1).sum()), 1)
        torch.testing.assert_close(float(found), sum(terms) / positives)


def test_softmax_matches_oracle():
    for _ in range(50):
        logits, target = torch.randn(5, 3, dtype=torch.float64), torch.randint(-1, 3, (5,))
        target[0], gamma = 1, float(torch.rand(())) * 3
        shares = logits.exp() / logits.exp().sum(1, keepdim=True)
        terms = [
            -((1 - float(p[t])) ** gamma) * math.log(float(p[t]))
            for p, t in zip(shares, target.tolist(), strict=True)
            if t >= 0
        ]
        found = softmax_focal(logits, target, gamma=gamma)
        torch.testing.assert_close(float(found), sum(terms) / len(terms))


def test_without_focus_they_are_cross_entropies():
    logits, target = torch.randn(9, 3), torch.randint(-1, 3, (9,))
    classes = torch.rand(3)
    expected = cross_entropy(logits, target, class_weight=classes)
    found = softmax_focal(logits, target, gamma=0.0, class_weight=classes)
    torch.testing.assert_close(found, expected)
    logits, target = logits[:, 0], target.clamp(max=1)
    found = sigmoid_focal(logits, target, gamma=0.0, alpha=None)
    torch.testing.assert_close(found, binary_cross_entropy(logits, target))
