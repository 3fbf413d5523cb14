import numpy as np
import pytest
import torch

from graphvision.graphs import Annotations
from graphvision.viz.marks import (
    FILL,
    caption,
    draw_borders,
    draw_boxes,
    draw_regions,
    legend_entries,
    of_image,
)
from graphvision.viz.theme import LIGHT, class_colour, new_figure

CLASSES = ("cat", "dog", "owl")


@pytest.fixture
def ax():
    axes = new_figure(LIGHT, 2, 2).subplots()
    axes.imshow(np.zeros((4, 6)))
    return axes


def test_of_image_takes_its_part_of_everything(answer_of):
    boxes = torch.arange(12.0).view(3, 4)
    batch = answer_of(
        (4, 6),
        labels=torch.tensor([1, 0]),
        semantic=torch.arange(48).view(2, 4, 6) % 3,
        boxes=boxes,
        box_labels=torch.tensor([0, 1, 2]),
        box_ptr=torch.tensor([0, 1, 3]),
        box_scores=torch.tensor([0.5, 0.6, 0.7]),
        borders=torch.rand(2, 2, 4, 6),
        edge_borders=torch.rand(9),
    )
    one = of_image(batch, 1)
    assert type(one) is type(batch)
    assert torch.equal(one.boxes, boxes[1:])
    assert one.box_ptr.tolist() == [0, 2]
    assert one.box_scores.tolist() == pytest.approx([0.6, 0.7])
    assert torch.equal(one.borders, batch.borders[1:])
    assert torch.equal(one.semantic, batch.semantic[1:])
    assert one.labels.tolist() == [0]
    assert one.edge_borders is None
    with pytest.raises(IndexError, match=r"`index` must be in 0…1, got 2"):
        of_image(batch, 2)


def test_of_image_knows_answers_without_labels(answer_of):
    batch = answer_of((4, 6), label_scores=torch.tensor([[1.0], [2.0]]))
    assert of_image(batch, 1).label_scores.tolist() == [[2.0]]


def test_classes_have_their_colours(ax):
    semantic = torch.tensor([[[0, 0, 1, 1, 3, 3]] * 4])
    draw_regions(ax, Annotations((4, 6), semantic=semantic))
    painted = np.array(ax.images[1].get_array())
    assert (painted[:, :2, 3] == 0).all()
    assert np.allclose(painted[0, 2], (*class_colour(0), FILL))
    assert np.allclose(painted[3, 5], (*class_colour(2), FILL))
    (lines,) = ax.collections
    assert len(lines.get_segments()) == 8
    assert np.allclose(lines.get_colors()[0, :3], class_colour(0))


def test_what_is_not_known_is_striped(ax):
    semantic = torch.full((1, 4, 6), -1)
    draw_regions(ax, Annotations((4, 6), semantic=semantic))
    painted = np.array(ax.images[1].get_array())
    assert len(np.unique(painted[..., 0])) == 2
    assert legend_entries([Annotations((4, 6), semantic=semantic)], CLASSES)[0][1] == "not known"


def test_touching_objects_of_one_class_are_parted(ax):
    semantic = torch.ones(1, 4, 6, dtype=torch.int64)
    instances = torch.tensor([[[1, 1, 1, 2, 2, 2]] * 4])
    draw_regions(ax, Annotations((4, 6), semantic=semantic, instances=instances))
    assert len(ax.collections[0].get_segments()) == 4


def test_borders_are_as_opaque_as_sure(ax):
    borders = torch.zeros(2, 4, 6, dtype=torch.float64)
    borders[0, 1, 2], borders[1, 3, 0], borders[1, 0, 0] = 0.7, 0.2, 0.01
    draw_borders(ax, borders)
    rim, lines = ax.collections
    assert [segment.tolist() for segment in lines.get_segments()] == [
        [[2.5, 0.5], [2.5, 1.5]],
        [[-0.5, 3.5], [0.5, 3.5]],
    ]
    assert lines.get_colors()[:, 3].tolist() == [0.7, 0.2]
    assert lines.get_colors()[:, :3].min() == 1
    assert rim.get_linewidths()[0] > lines.get_linewidths()[0]


def test_boxes_are_at_the_edges_of_pixels(ax, answer_of):
    found = answer_of(
        (4, 6),
        boxes=torch.tensor([[1.0, 0.0, 3.0, 2.0], [0.0, 0.0, 6.0, 4.0], [2.0, 2.0, 3.0, 3.0]]),
        box_labels=torch.tensor([2, 0, 1]),
        box_ptr=torch.tensor([0, 3]),
        box_scores=torch.tensor([0.9, 0.4, 0.1]),
    )
    draw_boxes(ax, found, CLASSES)
    assert [text.get_text() for text in ax.texts] == ["cat 0.40", "owl 0.90"]
    surest = ax.patches[-1]
    assert (surest.get_xy(), surest.get_width(), surest.get_height()) == ((0.5, -0.5), 2, 2)
    assert np.allclose(surest.get_edgecolor()[:3], class_colour(2))


def test_the_surest_box_is_always_drawn(ax, answer_of):
    found = answer_of(
        (4, 6),
        boxes=torch.tensor([[1.0, 0.0, 3.0, 2.0], [0.0, 0.0, 6.0, 4.0]]),
        box_labels=torch.tensor([2, 0]),
        box_ptr=torch.tensor([0, 2]),
        box_scores=torch.tensor([0.05, 0.1]),
    )
    draw_boxes(ax, found, CLASSES)
    assert [text.get_text() for text in ax.texts] == ["cat 0.10"]


def test_captions(answer_of):
    size = (4, 6)
    assert caption(Annotations(size, labels=torch.tensor([1])), CLASSES) == "dog"
    assert caption(Annotations(size, labels=torch.tensor([-1])), CLASSES) == "none of the classes"
    assert caption(Annotations(size, instances=torch.zeros(1, 4, 6).long()), CLASSES) == ""
    tags = answer_of(size, label_scores=torch.tensor([[0.6, 0.2, 0.9]]))
    assert caption(tags, CLASSES) == "owl 0.90, cat 0.60"
    assert caption(answer_of(size, label_scores=torch.tensor([[2.94]])), CLASSES) == "2.9 objects"
