"""Suppression against the greedy loop in exact numbers."""

from fractions import Fraction

import torch

from graphvision.tasks.boxes import nms, pairwise_iou


def exact_iou(a, b):
    wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [max(0, x[2] - x[0]) * max(0, x[3] - x[1]) for x in (a, b)]
    union = sum(areas) - wide * high
    return Fraction(wide * high, union) if union else Fraction(0)


def greedy(boxes, scores, groups, threshold):
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        rivals = [j for j in kept if groups[j] == groups[i]]
        if all(exact_iou(boxes[i], boxes[j]) <= threshold for j in rivals):
            kept.append(i)
    return kept


def random_case(seed):
    """Whole numbers: equal scores, equal boxes, IoU at the threshold, lines and points occur."""
    generator = torch.Generator().manual_seed(seed)

    def whole(high, *shape):
        return torch.randint(0, high, shape, generator=generator)

    n = seed % 30
    low = whole(8, n, 2)
    boxes = torch.cat((low, low + whole(7, n, 2)), 1)
    return boxes, whole(6, n), whole(2 + seed % 3, n), whole(1 + seed % 4, n).sort().values


def test_matches_oracle():
    for seed in range(1000):
        boxes, scores, labels, image = random_case(seed)
        threshold = Fraction(1 + seed % 4, 2 + seed % 4)
        groups = list(zip(labels.tolist(), image.tolist(), strict=True))
        expected = greedy(boxes.tolist(), scores.tolist(), groups, threshold)
        options = {"threshold": float(threshold), "labels": labels, "image": image}
        assert nms(boxes.float(), scores.float(), **options).tolist() == expected, seed


def test_many_boxes():
    """Several blocks in several groups of unlike sizes."""
    low = torch.rand(1000, 2, dtype=torch.float64) * 100
    boxes = torch.cat((low, low + 20 * torch.rand(1000, 2, dtype=torch.float64)), 1)
    scores, labels = torch.rand(1000), (torch.rand(1000) ** 3 * 5).long()
    overlap = pairwise_iou(boxes, boxes) > 0.3
    overlap &= labels[:, None] == labels
    expected = []
    for i in scores.argsort(descending=True).tolist():
        if not overlap[i, expected].any():
            expected.append(i)
    assert nms(boxes, scores, threshold=0.3, labels=labels).tolist() == expected
    assert 300 < len(expected) < 1000


def test_chains():
    """Each box excludes the next: every other one stays, however long the chain."""
    start = torch.arange(200.0)
    boxes = torch.stack((start, torch.zeros(200), start + 2.5, torch.ones(200)), 1)
    kept = nms(boxes, -start, threshold=0.3)
    assert kept.tolist() == list(range(0, 200, 2))


def test_edge_cases():
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    assert nms(box[:0], torch.zeros(0), labels=torch.zeros(0).long()).tolist() == []
    assert nms(box, torch.ones(1)).tolist() == [0]
    twins = box.repeat(4, 1)
    assert nms(twins, torch.ones(4)).tolist() == [0]
    assert nms(twins, torch.arange(4.0), labels=torch.tensor([5, 5, 2, 2])).tolist() == [3, 1]
    points = torch.zeros(2, 4)
    assert nms(points, torch.ones(2)).tolist() == [0, 1]
