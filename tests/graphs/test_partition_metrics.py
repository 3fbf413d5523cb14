"""Partition metrics against loops over pixels and regions."""

import math

import numpy as np
import pytest
import torch

from graphvision.graphs.partition_metrics import (
    achievable_segmentation_accuracy,
    compactness,
    explained_variation,
    undersegmentation_error,
)


def random_case(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 5, (9, 11))
    truth = rng.integers(0, 4, (9, 11))
    image = rng.random((2, 9, 11))
    return tuple(torch.from_numpy(a) for a in (image, labels, truth))


@pytest.mark.parametrize("seed", range(4))
def test_explained_variation_matches_oracle(seed):
    image, labels, _ = random_case(seed)
    pixels = [(y, x) for y in range(9) for x in range(11) if labels[y, x] >= 0]
    mean = sum(image[:, y, x] for y, x in pixels) / len(pixels)
    kept = total = 0.0
    for y, x in pixels:
        own = image[:, labels == labels[y, x]].mean(dim=1)
        kept += float((own - mean).square().sum())
        total += float((image[:, y, x] - mean).square().sum())
    assert float(explained_variation(image, labels)) == pytest.approx(kept / total)


@pytest.mark.parametrize("seed", range(4))
def test_compactness_matches_oracle(seed):
    _, labels, _ = random_case(seed)
    framed = np.pad(labels.numpy(), 1, constant_values=-1)
    score = 0.0
    for k in range(5):
        sides = 0
        for y, x in np.argwhere(framed == k):
            near = [framed[y - 1, x], framed[y + 1, x], framed[y, x - 1], framed[y, x + 1]]
            sides += sum(other != k for other in near)
        area = int((framed == k).sum())
        score += area * 4 * math.pi * area / sides**2
    assert float(compactness(labels)) == pytest.approx(score / int((labels >= 0).sum()))


def test_compactness_of_squares_and_lines():
    assert float(compactness(torch.arange(4).repeat_interleave(4).view(4, 4))) < math.pi / 4
    blocks = torch.arange(6).view(2, 3).repeat_interleave(5, 0).repeat_interleave(5, 1)
    assert float(compactness(blocks)) == pytest.approx(math.pi / 4)


@pytest.mark.parametrize("seed", range(4))
def test_overlaps_match_oracle(seed):
    _, labels, truth = random_case(seed)
    used = labels >= 0
    best = leak = 0
    for k in range(5):
        inside = (labels == k) & used
        counts = [int((inside & (truth == t)).sum()) for t in range(4)]
        best += max(counts)
        leak += sum(min(c, int(inside.sum()) - c) for c in counts if c)
    pixels = int(used.sum())
    accuracy = achievable_segmentation_accuracy(labels, truth)
    assert float(accuracy) == pytest.approx(best / pixels)
    assert float(undersegmentation_error(labels, truth)) == pytest.approx(leak / pixels)


def test_edge_cases():
    image, labels = torch.rand(3, 4, 5, dtype=torch.float64), torch.arange(20).view(4, 5)
    assert float(explained_variation(image, labels)) == pytest.approx(1.0)
    assert float(explained_variation(image, torch.zeros_like(labels))) == pytest.approx(0.0)
    assert float(explained_variation(torch.ones(1, 4, 5), torch.zeros_like(labels))) == 1.0
    assert float(achievable_segmentation_accuracy(labels, labels)) == 1.0
    assert float(undersegmentation_error(labels, labels)) == 0.0
