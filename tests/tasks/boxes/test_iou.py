"""Overlaps of boxes against COCO's, and against counts of pixels."""

import numpy as np
import pytest
import torch
from pycocotools import mask

from graphvision.tasks.boxes import box_area, distance_iou, generalized_iou, iou, pairwise_iou


def random_boxes(n):
    corners = torch.rand(n, 2, 2, dtype=torch.float64) * 9
    return torch.cat((corners.min(1).values, corners.max(1).values), 1)


def test_matches_oracle():
    for _ in range(500):
        n, m = (int(k) for k in torch.randint(1, 6, (2,)))
        a, b = random_boxes(n), random_boxes(m)
        sides = (torch.cat((x[:, :2], x[:, 2:] - x[:, :2]), 1).numpy() for x in (a, b))
        expected = mask.iou(*sides, np.zeros(m, dtype=np.uint8))
        np.testing.assert_allclose(pairwise_iou(a, b).numpy(), expected, atol=1e-12)


def painted(box):
    x0, y0, x1, y1 = box
    canvas = np.zeros((10, 10), dtype=bool)
    canvas[y0:y1, x0:x1] = True
    return canvas


def test_generalized_and_distance_match_painted_boxes():
    rng = np.random.default_rng(0)
    for _ in range(500):
        a, b = ([*(c := rng.integers(0, 7, 2)), *(c + rng.integers(1, 4, 2))] for _ in range(2))
        one, other = painted(a), painted(b)
        ys, xs = np.nonzero(one | other)
        wide, high = np.ptp(xs) + 1, np.ptp(ys) + 1
        overlap = (one & other).sum() / (one | other).sum()
        empty = 1 - (one | other).sum() / (wide * high)
        shift = [np.nonzero(one)[k].mean() - np.nonzero(other)[k].mean() for k in (0, 1)]
        far = (shift[0] ** 2 + shift[1] ** 2) / (wide**2 + high**2)
        boxes = (torch.tensor(np.array([x]), dtype=torch.float64) for x in (a, b))
        a, b = boxes
        assert float(generalized_iou(a, b)) == pytest.approx(overlap - empty)
        assert float(distance_iou(a, b)) == pytest.approx(overlap - far)
        assert float(box_area(a)) == one.sum()


def test_edge_cases():
    point, line = torch.zeros(1, 4), torch.tensor([[0.0, 0.0, 0.0, 5.0]])
    box, inside_out = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[2.0, 2.0, 0.0, 0.0]])
    for a in (point, line, inside_out):
        assert float(iou(a, a)) == 0
        assert float(iou(a, box)) == 0
        assert generalized_iou(a, a).isfinite()
        assert distance_iou(a, a).isfinite()
    nested = torch.tensor([[0.5, 0.5, 1.5, 1.5]])
    assert float(iou(box, nested)) == 0.25
    assert pairwise_iou(box[:0], box).shape == (0, 1)
    assert pairwise_iou(box, box[:0]).shape == (1, 0)
