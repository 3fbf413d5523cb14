"""COCO's average precision against pycocotools."""

import contextlib
import io

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from graphvision.tasks.boxes import Boxes
from graphvision.tasks.metrics import DetectionScore

CLASSES = 3


def random_boxes(rng, images, most):
    counts = rng.integers(0, most, images)
    low = rng.integers(0, 12, (counts.sum(), 2))
    xyxy = np.concatenate((low, low + rng.integers(1, 12, low.shape)), 1)
    ptr = torch.tensor([0, *counts]).cumsum(0)
    labels = torch.from_numpy(rng.integers(0, CLASSES, len(xyxy)))
    return Boxes(torch.from_numpy(xyxy).float(), labels, ptr)


def detections(rng, truth):
    """True boxes, most of them moved a little, and some at random."""
    extra = random_boxes(rng, len(truth.ptr) - 1, 4)
    image = torch.cat((truth.image, extra.image))
    order = image.argsort(stable=True)
    moved = truth.xyxy + torch.from_numpy(rng.integers(-1, 2, truth.xyxy.shape))
    moved[:, 2:] = torch.maximum(moved[:, 2:], moved[:, :2] + 1)
    xyxy = torch.cat((moved, extra.xyxy))[order]
    labels = torch.cat((truth.labels, extra.labels))[order]
    scores = torch.from_numpy(rng.random(len(order)).round(rng.integers(1, 4)))
    return Boxes(xyxy, labels, truth.ptr + extra.ptr, scores.float())


def annotations(boxes):
    rows = []
    scores = boxes.scores if boxes.scores is not None else torch.zeros(len(boxes.xyxy))
    for image, box, label, score in zip(
        *(x.tolist() for x in (boxes.image, boxes.xyxy, boxes.labels, scores)), strict=True
    ):
        x, y, w, h = box[0], box[1], box[2] - box[0], box[3] - box[1]
        row = {"image_id": image, "category_id": label, "bbox": [x, y, w, h]}
        rows.append({**row, "area": w * h, "iscrowd": 0, "id": len(rows) + 1, "score": score})
    return rows


def evaluated(found, truth, *, complete):
    """AP, AP50 and AP75 by pycocotools; its sizes of objects are left out unless complete."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco, given = COCO(), COCO()
        coco.dataset = {
            "images": [{"id": i} for i in range(len(truth.ptr) - 1)],
            "categories": [{"id": k} for k in range(CLASSES)],
            "annotations": annotations(truth),
        }
        given.dataset = {**coco.dataset, "annotations": annotations(found)}
        coco.createIndex()
        given.createIndex()
        judge = COCOeval(coco, given, "bbox")
        if not complete:
            judge.params.areaRng, judge.params.areaRngLbl = judge.params.areaRng[:1], ["all"]
        judge.evaluate()
        judge.accumulate()
        if complete:
            judge.summarize()
            return judge.stats[:3].tolist()
    precision = judge.eval["precision"][..., 0, -1]
    return [part[part > -1].mean() for part in (precision, precision[0], precision[5])]


def test_matches_oracle():
    rng = np.random.default_rng(0)
    for seed in range(500):
        truth = random_boxes(rng, 1 + seed % 3, 5)
        if not len(truth.xyxy):
            continue
        found, score = detections(rng, truth), DetectionScore(CLASSES)
        score.update(found, truth)
        expected = evaluated(found, truth, complete=seed % 20 == 0)
        assert list(score.compute().values()) == pytest.approx(expected, abs=1e-9), seed


def test_no_object():
    nothing = Boxes(torch.zeros(0, 4), torch.zeros(0).long(), torch.tensor([0, 0]))
    something = Boxes(torch.rand(2, 4), torch.zeros(2).long(), torch.tensor([0, 2]), torch.rand(2))
    for found in (something, nothing._replace(scores=torch.zeros(0))):
        score = DetectionScore(CLASSES)
        score.update(found, nothing)
        assert score.compute() == {"ap": 0.0, "ap50": 0.0, "ap75": 0.0}
    truth = Boxes(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([1]), torch.tensor([0, 1]))
    score.update(nothing._replace(scores=torch.zeros(0)), truth)
    assert score.compute() == {"ap": 0.0, "ap50": 0.0, "ap75": 0.0}


def test_errors():
    box, ptr = torch.zeros(1, 4), torch.tensor([0, 1])
    true, score = Boxes(box, torch.tensor([0]), ptr), DetectionScore(2)
    found = true._replace(scores=torch.ones(1))
    with pytest.raises(ValueError, match="`found` must have scores, got None"):
        score.update(true, true)
    with pytest.raises(ValueError, match="`found` must be of 1 images, got 2"):
        score.update(found._replace(ptr=torch.tensor([0, 1, 1])), true)
    with pytest.raises(ValueError, match="`true labels` must be in 0…1, got 2…2"):
        score.update(found, true._replace(labels=torch.tensor([2])))
