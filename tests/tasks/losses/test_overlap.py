"""Losses of boxes have a slope also where boxes don't meet."""

import pytest
import torch

from graphvision.tasks.boxes import iou
from graphvision.tasks.losses import diou_loss, giou_loss


@pytest.mark.parametrize("loss", [giou_loss, diou_loss])
def test_slope_brings_boxes_together(loss):
    target = torch.tensor([[0.0, 1.0, 4.0, 3.0]])
    box = (target + 8).requires_grad_()
    value = loss(box, target)
    (slope,) = torch.autograd.grad(value, box)
    assert iou(box, target).item() == 0
    assert (slope[0, :2] > 0).all()  # downhill is to the left and up, to the target
    assert loss(box - slope, target).item() < value.item()


@pytest.mark.parametrize("loss", [giou_loss, diou_loss])
def test_points_are_finite(loss):
    box = torch.zeros(3, 4, requires_grad=True)
    target = torch.tensor([[0.0] * 4, [0.0, 0.0, 0.0, 5.0], [1.0, 1.0, 2.0, 2.0]])
    value = loss(box, target)
    value.backward()
    assert value.isfinite()
    assert box.grad.isfinite().all()
