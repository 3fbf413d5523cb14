"""What holds for every task: graphs that ignore pixels, or all of an image."""

import math

import pytest
import torch
from torch_geometric.data import Batch

import graphvision as gv
from graphvision import tasks
from graphvision.tasks import Edges, Measure, Places, Segmentation

CLASSES = ("cat", "dog", "owl")


def masked(*masks):
    """Regions of 4 × 4 pixels of 16 × 16, without those where the masks are False."""
    row = torch.arange(16) // 4
    labels = 4 * row[:, None] + row
    graphs = [
        gv.image_graph(
            torch.rand(1, 16, 16), gv.Labels(torch.where(mask, labels, -1)), gv.SharedBorder()
        )
        for mask in masks
    ]
    return Places.of_graph(Batch.from_data_list(graphs))


def masks(kind):
    some, none, everything = (torch.zeros(16, 16, dtype=torch.bool) for _ in range(3))
    some[2:12, 3:], everything[:] = True, True
    return {"some": (some, none, everything), "none": (none, none, none)}[kind]


@pytest.mark.parametrize("kind", ["some", "none"])
@pytest.mark.parametrize("name", tasks.names())
def test_ignored_pixels(name, kind, truth):
    task, places = tasks.create(name, CLASSES), masked(*masks(kind))
    count = {"graph": 3, "node": places.num_nodes, "edge": places.edges.shape[1]}[task.level]
    outputs = torch.randn(count, task.outputs, requires_grad=True)
    rows = task.rows(outputs, places)
    loss = task.loss(rows, task.target(truth, places), places)
    (gradient,) = torch.autograd.grad(loss, outputs)
    assert gradient.isfinite().all()
    assert loss.isfinite()
    judge = task.judge()
    judge.update(task.decode(rows.detach(), places), truth, places)
    scores = judge.compute()
    assert all(math.isfinite(scores[measure.name]) for measure in task.measures)


def test_ignored_pixels_are_background(truth):
    """Segmentation: the scores are those of the painted answer with 0 in the holes."""
    chosen = masks("some")
    places, task = masked(*chosen), Segmentation(CLASSES)
    rows = torch.randn(places.num_nodes, 4)
    judge = task.judge()
    judge.update(task.decode(rows, places), truth, places)
    scores = judge.compute()
    painted = torch.where(torch.stack(chosen), rows.argmax(1)[places.assign.clamp(min=0)], 0)
    right = (painted == truth.semantic).double().mean()
    assert scores["pixel_accuracy"] == pytest.approx(float(right))
    both, either = (
        torch.tensor([int(op(painted == k, truth.semantic == k).sum()) for k in range(4)])
        for op in (torch.logical_and, torch.logical_or)
    )
    assert scores["mean_iou"] == pytest.approx(float((both / either).mean()))
    assert scores["asa"] >= scores["pixel_accuracy"]


def test_ignored_pixels_are_one_part():
    """Edges: a mask that keeps the objects alone leaves the background as a part."""
    instances = torch.zeros(1, 16, 16, dtype=torch.int64)
    instances[0, 4:12, 4:12] = 1
    truth = gv.graphs.Annotations((16, 16), instances=instances)
    places, task = masked(instances[0] > 0), Edges(CLASSES)
    rows = torch.full((places.edges.shape[1], 1), -5.0)
    judge = task.judge()
    judge.update(task.decode(rows, places), truth, places)
    scores = judge.compute()
    assert scores["ari"] == scores["boundary_f"] == 1.0
    assert scores["vi"] == 0.0


def test_measures_as_people_read_them():
    assert Measure("r2", "R²", percent=False).text(0.5) == "0.500"
    assert Measure("asa", "accuracy that the nodes allow", ranked=False).text(0.5) == "50.0%"
