import dataclasses

import pytest
import torch

from graphvision.tasks import Edges, Places, pixel_borders, true_borders

CLASSES = ("cat", "dog", "owl")


@pytest.mark.parametrize("instances", ["contraction", "threshold"])
def test_right_borders_give_the_objects(places, truth, instances):
    task = Edges(CLASSES, instances=instances)
    target = task.target(truth, places)
    rows = 9.0 * (2.0 * target[:, None] - 1.0)
    answer = task.decode(rows, places)
    judge = task.judge()
    judge.update(answer, truth, places)
    scores = judge.compute()
    assert scores["own_edge_ap"] == 1.0
    if places.num_nodes == truth.instances.numel():
        for name in ("edge_ap", "ari", "boundary_f"):
            assert scores[name] == pytest.approx(1.0), name
        assert scores["vi"] == pytest.approx(0.0, abs=1e-9)
    assert answer.instances.amin((1, 2)).tolist() == [1, 1, 1]
    assert {measure.name for measure in task.measures} <= scores.keys()


def test_targets_equal_a_loop(places, truth):
    task = Edges(CLASSES)
    node = [-1] * places.num_nodes
    for number in range(places.num_nodes):
        inside = truth.instances[places.assign == number]
        node[number] = int(inside.bincount().argmax())
    expected = [int(node[a] != node[b]) for a, b in places.edges.T.tolist()]
    assert task.target(truth, places).tolist() == expected


def test_pixel_borders_equal_a_loop(places):
    strengths = torch.rand(places.edges.shape[1])
    said = {}
    for (a, b), value in zip(places.edges.T.tolist(), strengths.tolist(), strict=True):
        said.setdefault((min(a, b), max(a, b)), []).append(value)
    strength = {ends: sum(values) / len(values) for ends, values in said.items()}
    found = pixel_borders(strengths, places)
    for image in range(len(places)):
        for y in range(16):
            for x in range(16):
                for channel, (v, u) in enumerate(((y, x + 1), (y + 1, x))):
                    expected = 0.0
                    if v < 16 and u < 16:
                        ends = sorted(int(places.assign[image, i, j]) for i, j in ((y, x), (v, u)))
                        expected = strength.get(tuple(ends), 0.0)
                    assert float(found[image, channel, y, x]) == pytest.approx(expected)


def test_unknown_pixels_count_nothing(places, truth):
    unknown = torch.full_like(truth.instances, -1)
    hidden = dataclasses.replace(truth, instances=unknown)
    task = Edges(CLASSES)
    rows = torch.randn(places.edges.shape[1], 1, requires_grad=True)
    loss = task.loss(rows, task.target(hidden, places), places)
    assert loss == 0
    assert not torch.autograd.grad(loss, rows)[0].any()
    assert (true_borders(unknown) == -1).all()
    judge = task.judge()
    judge.update(task.decode(rows, places), hidden, places)
    assert all(value == value for value in judge.compute().values())  # no NaN


def test_one_node():
    places = Places.of_map((1, 1), count=2, image_size=(4, 4))
    task = Edges(CLASSES)
    answer = task.decode(places.at_edges(torch.rand(2, 2, 1, 1)), places)
    assert answer.instances.unique().tolist() == [1]
    assert not answer.borders.any()


def test_errors(unchecked):
    with pytest.raises(ValueError, match=r"`balance` must be between 0 and 1, got 1.0"):
        Edges(CLASSES, balance=1.0)
    with pytest.raises(ValueError, match=r"`instances` must be 'contraction' or 'threshold'"):
        Edges(CLASSES, instances="magic")
