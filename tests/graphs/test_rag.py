import numpy as np
import pytest
import torch
from skimage import graph as sk
from skimage.segmentation import slic

import graphvision as gv


@pytest.fixture
def scene():
    image = np.random.default_rng(0).random((4, 5, 3)).repeat(6, 0).repeat(6, 1)
    return image, slic(image, n_segments=20, start_label=1)


def test_from_rag(scene):
    image, label_map = scene
    rag = sk.rag_mean_color(image, label_map)
    graph = gv.from_rag(rag, label_map, image)
    assert graph.validate()
    assert graph.num_edges == 2 * rag.number_of_edges()
    for node, label in enumerate(np.unique(label_map)):
        mean = torch.from_numpy(rag.nodes[label]["mean color"])
        torch.testing.assert_close(graph.x[node], mean)
        assert graph.area[node] == rag.nodes[label]["pixel count"]
    for (j, i), weight in zip(graph.edge_index.t().tolist(), graph.edge_weight, strict=True):
        assert weight == rag.edges[j + 1, i + 1]["weight"]


def test_merged_rag(scene):
    image, label_map = scene
    rag = sk.rag_mean_color(image, label_map)
    merged = sk.merge_hierarchical(
        label_map, rag, thresh=0.2, rag_copy=False, in_place_merge=True,
        merge_func=lambda graph, src, dst: None,
        weight_func=lambda graph, src, dst, n: {"weight": 1.0},
    )  # fmt: skip
    graph = gv.from_rag(rag, label_map, image)
    assert graph.num_nodes == rag.number_of_nodes() == merged.max() + 1
    assert graph.validate()


def test_round_trip(scene):
    image, label_map = scene
    rag = sk.rag_mean_color(image, label_map)
    graph = gv.from_rag(rag, label_map, image)
    back = gv.to_rag(graph, weight=graph.edge_weight)
    again = gv.from_rag(back, graph.assign.view(24, 30).numpy(), image)
    assert graph.keys() == again.keys()
    for key in graph.keys():  # noqa: SIM118
        assert torch.equal(graph[key], again[key]), key


def test_cuts_run_on_ours(scene):
    image, _ = scene
    graph = gv.superpixel_graph(image, 20, edge_features=("colour_step",))
    rag = gv.to_rag(graph, weight=torch.exp(-graph.edge_attr.mean(1)))
    cut = sk.cut_threshold(graph.assign.view(24, 30).numpy(), rag, 0.5)
    assert cut.shape == (24, 30)


def test_errors(scene):
    image, label_map = scene
    rag = sk.rag_mean_color(image, label_map)
    rag.remove_node(3)
    with pytest.raises(ValueError, match=r"got none for \[3\]"):
        gv.from_rag(rag, label_map, image)
    with pytest.raises(ValueError, match="one graph, got a batch of 2"):
        gv.to_rag(gv.patch_graph(torch.rand(2, 1, 4, 4), 2))
