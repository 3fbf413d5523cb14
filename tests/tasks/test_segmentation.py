import dataclasses

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.graphs import Annotations
from graphvision.tasks import Places, Segmentation
from graphvision.tasks.segmentation import LOSSES

CLASSES = ("cat", "dog", "owl")


def test_the_loss_is_that_of_the_painted_answer(places, truth):
    """Whatever the nodes: cross-entropy with fractions is the mean over pixels."""
    semantic = truth.semantic.clone()
    semantic[0, :3, :5] = -1
    truth = dataclasses.replace(truth, semantic=semantic)
    task = Segmentation(CLASSES)
    rows = torch.randn(places.num_nodes, 4, requires_grad=True)
    loss = task.loss(rows, task.target(truth, places), places)
    painted = rows[places.assign].permute(0, 3, 1, 2)
    expected = F.cross_entropy(painted, semantic, ignore_index=-1)
    assert loss.allclose(expected)
    (gradient,) = torch.autograd.grad(loss, rows, retain_graph=True)
    (wanted,) = torch.autograd.grad(expected, rows)
    assert gradient.allclose(wanted, atol=1e-7)


def test_majorities_reach_the_ceiling(places, truth):
    task = Segmentation(CLASSES)
    majority = task.target(truth, places).majority
    rows = 9.0 * F.one_hot(majority, 4)
    judge = task.judge()
    judge.update(task.decode(rows, places), truth, places)
    scores = judge.compute()
    if places.cells in (None, (16, 16)):  # coarser maps are drawn bilinearly
        assert scores["mean_iou"] == scores["majority_mean_iou"]
        assert scores["pixel_accuracy"] == scores["asa"]
    if places.num_nodes == truth.semantic.numel():
        assert scores["mean_iou"] == scores["boundary_f"] == 1.0
    assert {measure.name for measure in task.measures} <= scores.keys()


def test_majorities_bound_the_accuracy_and_not_the_iou():
    """Of a small class, its whole node is worth more IoU than it costs the large one."""
    semantic = torch.zeros(1, 4, 4, dtype=torch.int64)
    semantic[0, 0, :2] = 1  # no pixel of class 1 outside of the first of four nodes
    truth = Annotations((4, 4), semantic=semantic)
    places = Places.of_graph(gv.patch_graph(torch.rand(1, 1, 4, 4), patch_size=2))
    task = Segmentation(("cat",))
    scores = {}
    for name, classes in {"majority": [0, 0, 0, 0], "other": [1, 0, 0, 0]}.items():
        judge = task.judge()
        rows = F.one_hot(torch.tensor(classes), 2).float()
        judge.update(task.decode(rows, places), truth, places)
        scores[name] = judge.compute()
    own, other = scores["majority"], scores["other"]
    assert own["pixel_accuracy"] == own["asa"] >= other["pixel_accuracy"]
    assert own["mean_iou"] == own["majority_mean_iou"] < other["mean_iou"]
    ranked = {measure.name: measure.ranked for measure in task.measures}
    assert [name for name in ranked if not ranked[name]] == ["majority_mean_iou", "asa"]


@pytest.mark.parametrize("losses", [{"dice": 1.0}, {"focal": 0.5, "lovasz": 1.0}])
def test_other_losses_fall_towards_the_truth(places, truth, losses):
    task = Segmentation(CLASSES, losses=losses)
    target = task.target(truth, places)
    right = 9.0 * F.one_hot(target.majority, 4)
    wrong = 9.0 * F.one_hot((target.majority + 1) % 4, 4)
    assert task.loss(right, target, places) < 0.5 * task.loss(wrong, target, places)


def test_nothing_known_gives_no_gradient(places, truth):
    truth = dataclasses.replace(truth, semantic=torch.full_like(truth.semantic, -1))
    task = Segmentation(CLASSES, losses=dict.fromkeys(LOSSES, 1.0))
    rows = torch.randn(places.num_nodes, 4, requires_grad=True)
    loss = task.loss(rows, task.target(truth, places), places)
    assert loss == 0
    assert not torch.autograd.grad(loss, rows)[0].any()


def test_errors(truth, places):
    with pytest.raises(ValueError, match=r"`losses` must be of \['cross-entropy', .*got \['l2'\]"):
        Segmentation(CLASSES, losses={"l2": 1.0})
    with pytest.raises(ValueError, match=r"`classes` must name at least one class, got none"):
        Segmentation(())
    task = Segmentation(CLASSES)
    with pytest.raises(ValueError, match=r"must have 4 numbers per node, got shape \(\d+, 5\)"):
        task.rows(torch.rand(places.num_nodes, 5), places)
    with pytest.raises(ValueError, match=r"must know \['semantic'\] for the task 'segment'"):
        task.target(dataclasses.replace(truth, semantic=None), places)


def test_cut_cells_are_drawn_where_they_lie():
    """The middle of each cell shows its class, whether the stride divides the image or not."""
    places = Places.of_map((4, 4), count=1, image_size=(28, 28), stride=8)
    classes = torch.arange(16).remainder(3).roll(1)
    rows = F.one_hot(classes, 4).float()
    drawn = Segmentation(CLASSES).decode(rows, places).semantic
    assert drawn.shape == (1, 28, 28)
    middle = drawn[0, 3::8, 3::8]
    assert middle.flatten().equal(classes)
    whole = Places.of_map((4, 4), count=1, image_size=(32, 32))
    assert drawn.equal(Segmentation(CLASSES).decode(rows, whole).semantic[:, :28, :28])
