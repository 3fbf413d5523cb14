"""Scores of localisation against a loop."""

import pytest
import torch

from graphvision.tasks.metrics import LocalisationScore


def random_boxes(n):
    low = torch.randint(0, 6, (n, 2))
    return torch.cat((low, low + torch.randint(1, 7, (n, 2))), 1).float()


def overlap(a, b):
    pixels = [{(x, y) for x in range(c[0], c[2]) for y in range(c[1], c[3])} for c in (a, b)]
    return len(pixels[0] & pixels[1]) / len(pixels[0] | pixels[1])


def test_matches_oracle():
    for seed in range(500):
        n = 1 + seed % 6
        found, true = random_boxes(n), random_boxes(n)
        predicted, labels = torch.randint(0, 2, (n,)), torch.randint(-1, 2, (n,))
        score = LocalisationScore()
        score.update(found, predicted, boxes=true, labels=labels)
        rows = [
            (p == t, overlap(a, b))
            for p, t, a, b in zip(
                *(x.long().tolist() for x in (predicted, labels, found, true)), strict=True
            )
            if t >= 0
        ]
        count = max(len(rows), 1)
        assert score.compute() == pytest.approx({
            "accuracy": sum(right for right, _ in rows) / count,
            "mean_iou": sum(iou for _, iou in rows) / count,
            "localised": sum(right and iou >= 0.5 for right, iou in rows) / count,
        })  # fmt: skip
