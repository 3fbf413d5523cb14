import pytest
import torch

from graphvision.graphs import Annotations


def of_two(**changes):
    given = {
        "image_size": (4, 5),
        "labels": torch.tensor([1, -1]),
        "semantic": torch.zeros(2, 4, 5, dtype=torch.int64),
        "instances": torch.zeros(2, 4, 5, dtype=torch.int64),
        "boxes": torch.rand(3, 4),
        "box_labels": torch.tensor([0, 1, 1]),
        "box_ptr": torch.tensor([0, 3, 3]),
    }
    return Annotations(**given | changes)


def test_length_is_that_of_whatever_is_known():
    assert len(of_two()) == 2
    nothing_else = {"labels": None, "semantic": None, "instances": None}
    assert len(of_two(**nothing_else)) == 2
    assert len(Annotations((4, 5))) == 0


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"semantic": torch.zeros(2, 5, 4, dtype=torch.int64)}, r"`semantic` must have shape"),
        ({"box_ptr": torch.tensor([0, 3, 4])}, r"3 boxes, 3 labels, and box_ptr up to 4"),
        ({"box_labels": None}, r"`boxes` must come with box_labels and box_ptr"),
        ({"labels": torch.tensor([1])}, r"of the same images, got .*'labels': 1"),
    ],
)
def test_errors(unchecked, changes, match):
    with pytest.raises(ValueError, match=match):
        of_two(**changes)


def test_moves():
    moved = of_two().to("meta")
    assert moved.boxes.device.type == "meta"
    assert moved.image_size == (4, 5)
