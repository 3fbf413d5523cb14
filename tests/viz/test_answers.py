import pytest
import torch

import graphvision as gv
from graphvision.graphs import Annotations
from graphvision.viz.answers import AnsweredImage, answer_sheet, asked
from graphvision.viz.theme import DARK

CLASSES = ("cat", "dog", "owl")


def titles(figure):
    return [panel.get_title(loc="left") for panel in figure.axes]


def legend(figure):
    return [text.get_text() for one in figure.legends for text in one.get_texts()]


@pytest.fixture
def sample(truth):
    image = torch.randint(256, (3, 12, 16), dtype=torch.uint8)
    return lambda *answers: AnsweredImage(
        image,
        truth,
        {f"model {i}": answer for i, answer in enumerate(answers)},
        gv.patch_graph(image, 4),
    )


@pytest.fixture
def truth():
    semantic = torch.zeros(1, 12, 16, dtype=torch.int64)
    semantic[:, 2:6, 3:9], semantic[:, 7:10, 3:9] = 1, 3
    return Annotations(
        (12, 16),
        labels=torch.tensor([0]),
        semantic=semantic,
        instances=semantic.clamp(max=2),
        boxes=torch.tensor([[3.0, 2.0, 9.0, 6.0], [3.0, 7.0, 9.0, 10.0]]),
        box_labels=torch.tensor([0, 2]),
        box_ptr=torch.tensor([0, 2]),
    )


def test_of_the_truth_only_what_was_asked(truth, answer_of):
    size = (12, 16)
    semantic = asked(truth, [answer_of(size, semantic=truth.semantic)])
    assert semantic.semantic is truth.semantic
    assert (semantic.instances, semantic.boxes, semantic.labels) == (None, None, None)
    borders = asked(truth, [answer_of(size, borders=torch.zeros(1, 2, 12, 16))])
    assert borders.instances is truth.instances
    assert borders.semantic is None


def test_segmentation(sample, truth, answer_of):
    answers = [
        answer_of((12, 16), semantic=truth.semantic),
        answer_of((12, 16), semantic=truth.semantic.clamp(max=2)),
    ]
    figure = answer_sheet([sample(*answers)] * 2, CLASSES, DARK)
    assert titles(figure)[:5] == ["image", "truth", "model 0", "model 1", ""]
    assert len(figure.axes) == 8
    assert legend(figure) == ["cat", "dog", "owl"]
    assert [len(panel.images) for panel in figure.axes[:4]] == [1, 2, 2, 2]
    assert len(figure.axes[0].collections) == 1  # borders of the patches
    assert not any(panel.patches for panel in figure.axes)


def test_edges(sample, truth, answer_of):
    borders = torch.zeros(1, 2, 12, 16)
    borders[0, 0, :, 2] = 0.8
    objects = truth.instances + 4
    figure = answer_sheet(
        [sample(answer_of((12, 16), instances=objects, borders=borders))], CLASSES
    )
    _, true, found = figure.axes
    a, b = (panel.images[1].get_array() for panel in (true, found))
    assert (a == b).all()  # the same objects, and the background, in the same colours
    assert len(found.collections[-1].get_segments()) == 12
    assert legend(figure) == ["border: the surer, the more opaque"]


def test_boxes(sample, truth, answer_of):
    answer = answer_of(
        (12, 16),
        boxes=truth.boxes[:1] + 1,
        box_labels=torch.tensor([1]),
        box_ptr=torch.tensor([0, 1]),
        box_scores=torch.tensor([0.75]),
    )
    figure = answer_sheet([sample(answer)], CLASSES)
    _, true, found = figure.axes
    assert [text.get_text() for text in true.texts] == ["cat", "owl"]
    assert [text.get_text() for text in found.texts] == ["dog 0.75"]
    assert len(true.patches) == 2 * 2
    assert len(found.patches) == 2 * 3
    assert true.patches[-1].get_edgecolor() == found.patches[1].get_edgecolor()
    assert true.patches[-1].get_edgecolor() != found.patches[-1].get_edgecolor()
    assert legend(figure) == ["truth", "answer, with its score"]


def test_what_is_said_of_whole_pictures(sample, answer_of):
    size = (12, 16)
    figure = answer_sheet([sample(answer_of(size, label_scores=torch.tensor([[2.2]])))], CLASSES)
    assert [panel.get_xlabel() for panel in figure.axes[1:]] == [
        "2 objects: cat, owl",
        "2.2 objects",
    ]
    figure = answer_sheet([sample(answer_of(size, labels=torch.tensor([2])))], CLASSES)
    assert [panel.get_xlabel() for panel in figure.axes[1:]] == ["cat", "owl"]


def test_edge_cases(truth, answer_of):
    """One channel, no graph, no objects, a name that is too long for one line."""
    image = torch.zeros(1, 12, 16, dtype=torch.uint8)
    nothing = answer_of((12, 16), semantic=torch.zeros_like(truth.semantic))
    name = "a-network-with-a-very-long-name"
    figure = answer_sheet([AnsweredImage(image, nothing, {name: nothing})], CLASSES)
    assert "".join(titles(figure)[2].split("\n")) == name
    assert legend(figure) == []
