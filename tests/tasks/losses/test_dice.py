"""Soft Dice against loops over classes."""

import pytest
import torch

from graphvision.tasks.losses import dice


@pytest.mark.parametrize("classes", ["present", "all"])
def test_matches_oracle(classes):
    for _ in range(50):
        logits, target = torch.randn(6, 4, dtype=torch.float64), torch.randint(-1, 4, (6,))
        target[0], weight = 2, torch.rand(6, dtype=torch.float64)
        p, values = logits.softmax(1), []
        for k in range(4):
            both = sum(weight[i] * p[i, k] for i in range(6) if target[i] == k)
            true = sum(weight[i] for i in range(6) if target[i] == k)
            predicted = sum(weight[i] * p[i, k] for i in range(6) if target[i] != -1)
            if true > 0 or classes == "all":
                values.append(1 - (2 * both + 0.3) / (true + predicted + 0.3))
        found = dice(logits, target, weight=weight, classes=classes, smooth=0.3)
        torch.testing.assert_close(found, sum(values) / len(values))


def test_fractions_of_whole_classes_are_labels():
    logits, target = torch.randn(6, 4), torch.randint(0, 4, (6,))
    fractions = torch.nn.functional.one_hot(target, 4).float()
    torch.testing.assert_close(dice(logits, fractions), dice(logits, target))
