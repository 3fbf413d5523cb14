import pytest
import torch

import graphvision as gv


@pytest.fixture
def graph():
    return gv.patch_graph(torch.rand(3, 4, 6), 2)


BREAKS = {
    "x": (lambda t: t[:-1], r"`edge_index` must lie|`pos` must have shape|`area`"),
    "edge_index": (lambda t: t.flip(1), "sorted by target, then source"),
    "edge_attr": (lambda t: t[:-1], r"`edge_attr` must have shape"),
    "pos": (lambda t: t[:, :1], r"`pos` must have 2 columns"),
    "area": (lambda t: t + 1, "`area` must count the pixels of `assign`, got 5.0 for node 0"),
    "assign": (lambda t: t.clamp(max=4), "got none of node 5"),
    "image_size": (lambda t: t + 1, r"one entry per pixel \(35\), got 24"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_names_what_is_broken(graph, name):
    change, match = BREAKS[name]
    assert graph.validate()
    graph[name] = change(graph[name])
    assert graph.validate(raise_on_error=False) is False
    with pytest.raises(ValueError, match=match):
        graph.validate()


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("edge_index", torch.tensor([[9], [0]]), "must lie in 0…5, got values from 0 to 9"),
        ("edge_index", torch.tensor([[-1], [0]]), "got values from -1"),
        ("edge_index", torch.zeros(2, 1, dtype=torch.int32), "must be int64, got int32"),
        ("assign", torch.full((24,), -2), "must lie in -1…5"),
        ("assign", torch.zeros(24), "must be int64, got float32"),
        ("area", torch.zeros(6, dtype=torch.int64), "must be floating, got int64"),
        ("image_size", torch.tensor([[0, 6]]), "at least 1"),
        ("x", None, "`x` must be a tensor"),
        ("pos", torch.full((6, 2), float("nan")), "`pos` must be finite"),
    ],
)
def test_errors(graph, name, value, match):
    if name == "edge_index":
        graph.edge_attr = torch.zeros(1, 2)
    graph[name] = value
    with pytest.raises(ValueError, match=match):
        graph.validate()


def test_batches():
    batch = gv.patch_graph(torch.rand(2, 3, 4, 6), 2)
    assert batch.validate()
    batch.edge_index[0, 0] = 7
    with pytest.raises(ValueError, match="between images"):
        batch.validate()
    batch = gv.patch_graph(torch.rand(2, 3, 4, 6), 2)
    batch.ptr = torch.tensor([0, 13, 12])
    with pytest.raises(ValueError, match="`ptr` must rise from 0 to 12"):
        batch.validate()


def test_parallel_edges_are_fine(graph):
    graph.edge_index = graph.edge_index.repeat_interleave(2, 1)
    graph.edge_attr = graph.edge_attr.repeat_interleave(2, 0)
    assert graph.validate()
