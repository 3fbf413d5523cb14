import pytest
import torch

import graphvision as gv
from graphvision.nn.ran import noting_what_runs

LAYERS = [
    gv.nn.Conv2d(2, 2, 3),
    gv.nn.MaxPool2d(2),
    gv.nn.MaxPool2d(2, return_indices=True),
    gv.nn.AvgPool2d(2),
    gv.nn.AdaptiveAvgPool2d(2),
    gv.nn.ConvTranspose2d(2, 2, 2),
    gv.nn.Upsample(scale_factor=2),
    gv.nn.ZeroPad2d(1),
]


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_one_note_for_each_pass(layer, backend):
    image = torch.rand(2, 2, 8, 8)
    layer.backend = backend
    with noting_what_runs() as ran:
        layer(image)
    topology = layer.topology(image)
    assert [(r.plan.name, r.topology.num_edges) for r in ran] == [
        (layer.plan(topology, image).name, topology.num_edges)
    ]
    layer(image)
    assert len(ran) == 1


def test_on_graphs_and_within_each_other():
    graph = gv.superpixel_graph(torch.rand(2, 8, 8), n_segments=9)
    down, up = gv.nn.Conv2d(2, 2, 2, 2), gv.nn.ConvTranspose2d(2, 2, 2, 2)
    with noting_what_runs() as outer:
        hidden = down(graph)
        with noting_what_runs() as inner:
            out = up(hidden)
    assert [r.topology.num_targets for r in outer] == [hidden.num_nodes, graph.num_nodes]
    assert inner == outer[1:]
    assert out.num_nodes == graph.num_nodes == up.topology(hidden).num_targets


def test_nobody_listens_after_an_error():
    with pytest.raises(RuntimeError, match="stop"), noting_what_runs() as ran:
        raise RuntimeError("stop")
    gv.nn.Conv2d(1, 1, 1)(torch.rand(1, 1, 2, 2))
    assert ran == []
