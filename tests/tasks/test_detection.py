from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.models import create
from graphvision.tasks import Detection, Localization, Places, detection
from graphvision.tasks.boxes import pairwise_iou

CLASSES = ("cat", "dog", "owl")


def right_rows(task, target, places):
    """What a perfect network says."""
    known = target.label >= 0
    one_hot = 18.0 * F.one_hot(target.label.clamp(min=0), 3)
    classes = torch.where(known[:, None], one_hot - 9.0, -9.0)
    centre = (places.pos + 0.5).flip(1)
    reach = torch.cat([centre - target.box[:, :2], target.box[:, 2:] - centre], 1)
    reach = (reach.clamp(min=1e-3) / places.area.sqrt()[:, None]).log()
    sure = torch.logit(target.centreness.clamp(1e-4, 1 - 1e-4))
    return torch.cat([classes, torch.where(known[:, None], reach, 0), sure[:, None]], 1)


def test_a_perfect_network_has_ap_1(places, truth):
    task = Detection(CLASSES)
    target = task.target(truth, places)
    rows = right_rows(task, target, places)
    answer = task.decode(rows, places)
    judge = task.judge()
    judge.update(answer, truth, places)
    if places.cells or places.num_nodes == truth.semantic.numel():
        assert judge.compute()["ap75"] == pytest.approx(1.0)
        assert answer.box_ptr.diff().tolist() == [2, 0, 1]
    assert task.loss(rows, target, places) < 0.2 * task.loss(-rows, target, places)


def test_targets_equal_a_loop(places, truth):
    target = Detection(CLASSES).target(truth, places)
    bounds = truth.box_ptr.tolist()
    for node in range(places.num_nodes):
        image = int(places.image_of[node])
        y, x = (places.pos[node] + 0.5).tolist()
        around = [
            (float((x1 - x0) * (y1 - y0)), int(truth.box_labels[k]), (x0, y0, x1, y1))
            for k in range(bounds[image], bounds[image + 1])
            for x0, y0, x1, y1 in [truth.boxes[k].tolist()]
            if x0 < x < x1 and y0 < y < y1
        ]
        assert int(target.label[node]) == (min(around)[1] if around else -1)
        if around:
            x0, y0, x1, y1 = min(around)[2]
            assert target.box[node].tolist() == [x0, y0, x1, y1]
            across = min(x - x0, x1 - x) / max(x - x0, x1 - x)
            down = min(y - y0, y1 - y) / max(y - y0, y1 - y)
            assert float(target.centreness[node]) == pytest.approx((across * down) ** 0.5, abs=1e-5)


@pytest.mark.parametrize("far", [-6.0, 6.0])
def test_boxes_that_are_far_too_large_or_small_come_back(places, truth, far):
    """A bound on the distances keeps boxes finite but must not take their gradient away."""
    task = Detection(CLASSES)
    target = task.target(truth, places)
    rows = right_rows(task, target, places)
    rows[:, -5:-1] = far
    rows.requires_grad_()
    (grad,) = torch.autograd.grad(task.loss(rows, target, places), rows)
    asked = (target.label >= 0) & (target.centreness > 0)
    slopes = grad[asked, -5:-1]
    assert asked.any()
    if far > 0:
        assert (slopes > 0).all()
    else:
        assert (slopes < 0).all()


def test_loss_without_any_object(places, truth):
    task = Detection(CLASSES)
    none = Places.of_map((4, 4), count=1, image_size=(16, 16))
    from graphvision.graphs import Annotations

    empty = Annotations(
        (16, 16),
        boxes=torch.zeros(0, 4),
        box_labels=torch.zeros(0, dtype=torch.int64),
        box_ptr=torch.tensor([0, 0]),
    )
    rows = torch.randn(16, 8, requires_grad=True)
    loss = task.loss(rows, task.target(empty, none), none)
    gradient = torch.autograd.grad(loss, rows)[0]
    assert torch.isfinite(gradient).all()
    assert not gradient[:, 3:].any()
    judge = task.judge()
    judge.update(task.decode(rows, none), empty, none)
    assert all(value == value for value in judge.compute().values())


def test_most_and_score_bound_the_answer(truth):
    places = Places.of_map((16, 16), count=3, image_size=(16, 16))
    rows = torch.randn(places.num_nodes, 8)
    answer = Detection(CLASSES, most=5, overlap=0.9).decode(rows, places)
    assert answer.box_ptr.diff().tolist() == [5, 5, 5]
    for first, last in zip(answer.box_ptr[:-1], answer.box_ptr[1:], strict=True):
        own = answer.box_scores[first:last]
        assert own.equal(own.sort(descending=True).values)
    assert answer.boxes.min() >= 0
    assert answer.boxes.max() <= 16
    assert len(Detection(CLASSES, score=1.0).decode(rows, places).boxes) == 0


def test_only_the_surest_candidates_are_compared(monkeypatch):
    """As a loop that takes each image alone, cuts it to the surest and drops what overlaps."""
    monkeypatch.setattr(detection, "CANDIDATES", 20)
    task = Detection(CLASSES, score=0.1, overlap=0.3)
    places = Places.of_map((8, 8), count=3, image_size=(16, 16))
    rows = torch.randn(places.num_nodes, 8)
    rows[64:128, :3] -= 20.0  # an image without any candidate
    answer = task.decode(rows, places)
    sure = (rows[:, :3].sigmoid() * rows[:, -1:].sigmoid()).sqrt()
    for image, (first, last) in enumerate(pairwise(answer.box_ptr.tolist())):
        score, order = sure[64 * image : 64 * image + 64].flatten().sort(descending=True)
        chosen = []
        for value, number in zip(score[:20].tolist(), order[:20].tolist(), strict=True):
            node, label = 64 * image + number // 3, number % 3
            left, up, right, down = (2 * rows[node, 3:7].clamp(-4, 4).exp()).tolist()
            y, x = (places.pos[node] + 0.5).tolist()
            box = torch.tensor([[x - left, y - up, x + right, y + down]]).clamp(0, 16)
            rivals = [other for other, of, _ in chosen if of == label]
            over = any(float(pairwise_iou(box, other)) > 0.3 for other in rivals)
            if value > 0.1 and not over:
                chosen.append((box, label, value))
        assert answer.box_labels[first:last].tolist() == [label for _, label, _ in chosen]
        assert answer.box_scores[first:last].tolist() == pytest.approx([v for *_, v in chosen])
    assert answer.box_ptr.diff()[1] == 0


@pytest.mark.parametrize("name", ["fcos", "unet", "superpixel-detector", "superpixel-net"])
def test_every_network_starts_with_rare_objects(name):
    task, images = Detection(CLASSES), torch.rand(2, 1, 32, 32)
    inputs, settings = images, {"image_size": (32, 32)}
    if name.startswith("superpixel"):
        inputs = gv.superpixel_graph(images, 16)
        features = inputs.x.shape[1], inputs.edge_attr.shape[1]
        settings = {"in_features": features[0], "edge_features": features[1], "level": "node"}
    outputs = create(name, num_classes=task.outputs, **settings)(inputs).detach()
    if inputs is images:
        places = Places.of_map(tuple(outputs.shape[2:]), count=2, image_size=(32, 32))
        plain = outputs.permute(0, 2, 3, 1).reshape(-1, 8)
    else:
        places, plain = Places.of_graph(inputs), outputs
    rows = task.rows(outputs, places)
    assert rows[:, 3:].equal(plain[:, 3:])
    assert (rows - plain)[:, :3].sigmoid().allclose(torch.tensor(0.01), atol=1e-5)
    assert rows[:, :3].sigmoid().mean() < 0.05


def test_localization(truth):
    task = Localization(CLASSES)
    places = Places.of_map((1, 1), count=3, image_size=(16, 16))
    target = task.target(truth, places)
    assert target.label.tolist() == [2, -1, 0]
    assert target.box[0].tolist() == [9, 5, 15, 15]
    share = target.box / 16
    centre, size = (share[:, :2] + share[:, 2:]) / 2, share[:, 2:] - share[:, :2]
    box = torch.logit(torch.cat([centre, size], 1).clamp(1e-5, 1 - 1e-5))
    rows = torch.cat([9.0 * F.one_hot(target.label.clamp(min=0), 3), box], 1).requires_grad_()
    assert task.loss(rows, target, places) < 1e-2
    judge = task.judge()
    judge.update(task.decode(rows.detach(), places), truth, places)
    assert judge.compute()["localised"] == 1.0
    judge.update(task.decode(-rows.detach(), places), truth, places)
    assert judge.compute()["localised"] == 0.5


def test_errors():
    with pytest.raises(ValueError, match=r"`overlap` must be in 0…1, got 2"):
        Detection(CLASSES, overlap=2.0)
    with pytest.raises(ValueError, match=r"`most` must be at least 1, got 0"):
        Detection(CLASSES, most=0)
