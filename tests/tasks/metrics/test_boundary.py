"""Scores of boundaries against scipy's distances and scikit-image's boundaries."""

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import find_boundaries

from graphvision.tasks.metrics import (
    BoundaryCurve,
    BoundaryScore,
    ClassBoundaryScore,
    usual_tolerance,
)
from graphvision.tasks.metrics.boundary import matched, widen


def near(marked, other, radius):
    """How many marked pixels have one of the other's within the radius."""
    if not other.any():
        return 0
    return int((marked & (distance_transform_edt(~other) <= radius)).sum())


def counts(predicted, truth, radius):
    pairs = zip(predicted, truth, strict=True)
    rows = [(near(p, t, radius), p.sum(), near(t, p, radius), t.sum()) for p, t in pairs]
    return np.sum(rows, 0)


def measures(found):
    right, predicted, hit, true = (int(n) for n in found)
    if not predicted and not true:
        return 1.0, 1.0, 1.0
    p, r = right / max(predicted, 1), hit / max(true, 1)
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def bounds(labels):
    return np.stack([find_boundaries(one, connectivity=1, mode="thick") for one in labels])


def blocks(rng, high):
    """Label maps of a few rectangles, so that boundaries leave room for the tolerance."""
    labels = np.zeros((2, 12, 14), dtype=np.int64)
    for image in labels:
        for _ in range(rng.integers(0, 4)):
            y, x = rng.integers(0, 12, 2)
            image[y : y + rng.integers(1, 7), x : x + rng.integers(1, 7)] = rng.integers(0, high)
    return labels


def test_widened_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(100):
        marked, radius = rng.random((1, 9, 8)) < 0.05, [0.0, 1.0, 1.5, 2.0, 3.7][seed % 5]
        expected = np.zeros_like(marked)
        if marked.any():
            expected = distance_transform_edt(~marked[0])[None] <= radius
        np.testing.assert_array_equal(widen(torch.from_numpy(marked), radius), expected)


def test_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(250):  # of two images
        predicted, truth, radius = blocks(rng, 4), blocks(rng, 4), float(seed % 4)
        p, t = torch.from_numpy(predicted), torch.from_numpy(truth)
        score, classes = BoundaryScore(radius), ClassBoundaryScore(4, radius)
        score.update(p, t)
        classes.update(p, t)
        expected = counts(bounds(predicted), bounds(truth), radius)
        assert tuple(score.compute().values()) == pytest.approx(measures(expected))
        values = []
        for k in range(4):
            own = counts(bounds(predicted == k), bounds(truth == k), radius)
            values += [measures(own)[2]] if own[[1, 3]].any() else []
        expected = np.mean(values) if values else 0.0
        assert classes.compute()["class_boundary_f"] == pytest.approx(expected)


def test_curve_matches_oracle():
    rng = np.random.default_rng(0)
    for _ in range(60):
        strength, truth = rng.random((2, 12, 14)) ** 3, blocks(rng, 3)
        score = BoundaryCurve(1.0, thresholds=4)
        score.update(torch.from_numpy(strength), torch.from_numpy(truth))
        rows = [
            (t, *measures(counts(strength > t, bounds(truth), 1.0))) for t in (0.2, 0.4, 0.6, 0.8)
        ]
        np.testing.assert_allclose(score.curve().numpy(), rows)
        best = max(rows, key=lambda row: (row[3], -row[0]))
        assert score.compute()["boundary_best_f"] == pytest.approx(best[3])
        assert score.compute()["boundary_best_threshold"] == pytest.approx(best[0])


def test_tolerance_forgives_a_shift():
    truth, shifted = torch.zeros(2, 1, 8, 8, dtype=torch.long)
    truth[:, 2:5, 2:5], shifted[:, 2:5, 3:6] = 1, 1
    for tolerance, perfect in ((0.0, False), (1.0, True)):
        score = BoundaryScore(tolerance)
        score.update(shifted, truth)
        assert (score.compute()["boundary_f"] == 1) is perfect


@pytest.mark.parametrize(("side", "radius"), [(64, 2), (266, 2), (534, 4), (1067, 8)])
def test_usual_tolerance_grows_with_the_image(side, radius):
    """Of lines ever further from the true one, those within the tolerance are right."""
    assert int(usual_tolerance((8, side))) == radius
    truth = torch.zeros(1, 8, side, dtype=torch.long)
    truth[..., 40:] = 1
    for shift in range(1, 12):
        scores = BoundaryScore(), ClassBoundaryScore(2)
        for score in scores:
            score.update(truth.roll(shift, 2).index_fill(2, torch.arange(shift), 0), truth)
        assert (scores[0].compute()["boundary_f"] == 1) == (shift <= radius)
        assert (scores[1].compute()["class_boundary_f"] == 1) == (shift <= radius)


def test_ignored_pixels_count_on_neither_side():
    truth = torch.tensor([[[0, 0, -1, 1, 1]]])
    score = BoundaryScore(0.0)
    score.update(torch.tensor([[[0, 0, 1, 1, 1]]]), truth)
    assert score.compute()["boundary_f"] == 1  # no boundary is known
    score.update(torch.tensor([[[0, 1, 1, 1, 1]]]), truth)
    assert score.compute() == {
        "boundary_precision": 0.0, "boundary_recall": 0.0, "boundary_f": 0.0
    }  # fmt: skip


def test_strength_on_ignored_pixels_does_not_count():
    truth = torch.tensor([[[0, 1, 1, 1, 1, -1]]])
    score = BoundaryCurve(0.0)
    score.update(torch.tensor([[[1.0, 1.0, 0.0, 0.0, 0.0, 1.0]]]), truth)
    assert score.compute()["boundary_best_f"] == 1


def test_no_boundaries_on_both_sides_is_right():
    flat = torch.zeros(1, 4, 4, dtype=torch.long)
    score = BoundaryScore()
    score.update(flat, flat)
    assert score.compute()["boundary_f"] == 1
    assert matched(flat > 0, flat > 0, 2.0).tolist() == [0] * 4


def test_errors():
    flat = torch.zeros(1, 2, 2, dtype=torch.long)
    with pytest.raises(ValueError, match="`classes` must be in 0…1, got -1…0"):
        ClassBoundaryScore(2).update(flat - 1, flat)
