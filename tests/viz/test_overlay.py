import numpy as np
import pytest
import torch

from graphvision.graphs import Annotations
from graphvision.viz.marks import FILL
from graphvision.viz.overlay import overlay
from graphvision.viz.theme import class_colour

CLASSES = tuple(f"class {i}" for i in range(12))


def test_pixels_are_squares_and_classes_translucent():
    image = torch.randint(256, (3, 9, 12), dtype=torch.uint8)
    semantic = torch.zeros(1, 9, 12, dtype=torch.int64)
    semantic[:, 3:7, 3:8] = 5
    made = np.array(overlay(image, Annotations((9, 12), semantic=semantic), CLASSES, scale=20))
    assert made.shape[1] == 240
    assert made.shape[0] > 180
    grey = image.double().mean(0)[:, :, None].numpy()
    colour = 255 * np.array(class_colour(4))
    wanted = np.where(semantic[0, :, :, None] == 5, (1 - FILL) * grey + FILL * colour, grey)
    centres = made[10:180:20, 10::20].astype(float)
    assert np.abs(centres - wanted).max() <= 2


def test_boxes_leave_the_picture_its_colours():
    image = torch.randint(256, (3, 9, 12), dtype=torch.uint8)
    truth = Annotations(
        (9, 12),
        boxes=torch.tensor([[2.0, 3.0, 9.0, 8.0]]),
        box_labels=torch.tensor([1]),
        box_ptr=torch.tensor([0, 1]),
    )
    made = np.array(overlay(image, truth, CLASSES, scale=40)).astype(float)
    assert made.shape == (360, 480, 3)
    assert np.abs(made[20 + 40 * 5, 20 + 40 * 5] - image[:, 5, 5].numpy()).max() <= 1
    line = made[200:280, 78:83].reshape(-1, 3)  # the left side, at x = 2
    assert np.abs(line - 255 * np.array(class_colour(1))).max(1).min() <= 8


def test_what_is_said_makes_room_below(answer_of):
    image = torch.rand(1, 16, 16)
    bare = overlay(image, answer_of((16, 16), instances=torch.ones(1, 16, 16).long()), CLASSES)
    assert bare.size == (640, 640)
    said = overlay(image, answer_of((16, 16), labels=torch.tensor([3])), CLASSES)
    assert said.size[1] > 640
    everything = torch.arange(256).view(1, 16, 16) % 13
    wrapped = overlay(image, answer_of((16, 16), semantic=everything), CLASSES)
    assert wrapped.size[1] > said.size[1]


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (700, 5)])
def test_edge_cases(size, answer_of):
    image = torch.rand(4, *size)
    found = answer_of(
        size,
        semantic=torch.zeros(1, *size, dtype=torch.int64),
        boxes=torch.zeros(0, 4),
        box_labels=torch.zeros(0, dtype=torch.int64),
        box_ptr=torch.tensor([0, 0]),
        box_scores=torch.zeros(0),
        borders=torch.zeros(1, 2, *size),
    )
    scale = max(1, 640 // max(size))
    assert overlay(image, found, CLASSES).size == (scale * size[1], scale * size[0])


def test_errors():
    labels = torch.tensor([1])
    with pytest.raises(ValueError, match="must be of one image of 4×5, got 1 of 5×4"):
        overlay(torch.rand(3, 4, 5), Annotations((5, 4), labels=labels), CLASSES)
    with pytest.raises(ValueError, match="must be of one image of 4×5, got 2 of 4×5"):
        overlay(torch.rand(3, 4, 5), Annotations((4, 5), labels=labels.repeat(2)), CLASSES)
    with pytest.raises(ValueError, match="`scale` must be at least 1, got 0"):
        overlay(torch.rand(3, 4, 5), Annotations((4, 5), labels=labels), CLASSES, scale=0)
