"""Boxes of a batch."""

import torch

from graphvision.tasks.boxes import Boxes


def test_image_of_each_box():
    ptr = torch.tensor([0, 2, 2, 5])
    boxes = Boxes(torch.rand(5, 4), torch.zeros(5).long(), ptr)
    assert boxes.image.tolist() == [0, 0, 2, 2, 2]
    nothing = Boxes(torch.rand(0, 4), torch.zeros(0).long(), torch.zeros(1).long())
    assert nothing.image.tolist() == []
