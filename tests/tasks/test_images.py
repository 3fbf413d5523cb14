"""Tasks asked of whole images: class, classes, number of objects; and several tasks at once."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision import tasks
from graphvision.tasks import (
    Classification,
    Counting,
    Edges,
    MultiLabel,
    Places,
    Segmentation,
    Several,
)

CLASSES = ("cat", "dog", "owl")
WHOLE = Places.of_map((1, 1), count=3, image_size=(16, 16))


def judged(task, rows, truth, places=WHOLE):
    judge = task.judge()
    judge.update(task.decode(rows, places), truth, places)
    return judge.compute()


def test_classification(truth):
    task = Classification(CLASSES, smoothing=0.1)
    rows = torch.randn(3, 3)
    known = truth.labels >= 0
    expected = F.cross_entropy(rows[known], truth.labels[known], label_smoothing=0.1)
    assert task.loss(rows, task.target(truth, WHOLE), WHOLE).allclose(expected)
    right = F.one_hot(truth.labels.clamp(min=0), 3).float()
    scores = judged(task, right, truth)
    assert scores["accuracy"] == scores["f1"] == 1.0
    assert scores["confusion"] == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_multi_label(truth):
    task = MultiLabel(CLASSES)
    target = task.target(truth, WHOLE)
    assert target.tolist() == [[0, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert judged(task, 2.0 * target - 1.0, truth)["macro_f1"] == 1.0
    rows = torch.randn(3, 3)
    expected = F.binary_cross_entropy_with_logits(rows, target.float())
    assert task.loss(rows, target, WHOLE).allclose(expected)


def test_counting(truth):
    task = Counting(CLASSES)
    assert task.target(truth, WHOLE).tolist() == [2, 0, 1]
    scores = judged(task, torch.tensor([[2.0], [1.0], [1.0]]), truth)
    assert scores["mae"] == pytest.approx(1 / 3)


def test_maps_can_answer_for_images(truth):
    task = Classification(CLASSES)
    maps = torch.rand(3, 3, 4, 4)
    assert task.rows(maps, WHOLE).allclose(maps.mean((2, 3)))


def test_several(places, truth):
    parts = [Segmentation(CLASSES), Edges(CLASSES)]
    both = Several(parts, {"edges": 0.5})
    assert both.heads == {"node": 4, "edge": 1}
    outputs = {
        "node": torch.randn(places.num_nodes, 4),
        "edge": torch.randn(places.edges.shape[1], 1),
    }
    rows = both.rows(outputs, places)
    loss = both.loss(rows, both.target(truth, places), places)
    alone = [task.loss(outputs[task.level], task.target(truth, places), places) for task in parts]
    assert loss.allclose(alone[0] + 0.5 * alone[1])
    found = judged(both, rows, truth, places)
    first, second = (judged(task, outputs[task.level], truth, places) for task in parts)
    clash = first.keys() & second.keys()
    assert clash == {"boundary_f", "boundary_precision", "boundary_recall"}
    for name, value in second.items():
        assert found.pop(f"edges_{name}" if name in clash else name) == value
    assert found == first
    names = [measure.name for measure in both.measures]
    assert names == [
        *(measure.name for measure in parts[0].measures),
        *("edge_ap", "own_edge_ap", "ari", "vi"),
        *("edges_boundary_f", "edges_boundary_precision", "edges_boundary_recall"),
    ]
    assert both.measures[-1].title == "boundary recall, edges"
    assert set(names) <= judged(both, rows, truth, places).keys()
    with pytest.raises(ValueError, match=r"one for each level at most, got \['node', 'node'\]"):
        Several([parts[0], parts[0]])
    with pytest.raises(ValueError, match=r"`weights` must be of the tasks, got \['detect'\]"):
        Several(parts, {"detect": 1.0})


@pytest.mark.parametrize("name", tasks.names())
def test_batches_judged_together_are_one_data_set(name, truth):
    """Scores don't depend on how images come in batches or processes."""
    task = tasks.create(name, CLASSES)
    places = (
        WHOLE if task.level == "graph" else Places.of_map((16, 16), count=3, image_size=(16, 16))
    )
    count = {"graph": 3, "node": places.num_nodes, "edge": places.edges.shape[1]}[task.level]
    rows = torch.randn(count, task.outputs)
    answer = task.decode(rows, places)
    one, two, other = task.judge(), task.judge(), task.judge()
    for _ in range(2):
        one.update(answer, truth, places)
    two.update(answer, truth, places)
    other.update(answer, truth, places)
    two.merge(other)
    assert one.compute() == two.compute()
    assert {measure.name for measure in task.measures} <= one.compute().keys()


def test_names():
    with pytest.raises(ValueError, match=r"`task` must be one of \['classify', .*got 'dream'"):
        tasks.create("dream", CLASSES)
