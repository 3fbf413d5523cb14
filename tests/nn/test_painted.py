import pytest
import torch

import graphvision as gv
from tests.nn.painting import check_painting, random_batch


@pytest.mark.parametrize("reduce", ["mean", "max"])
@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_matches_oracle(seed, onto, reduce):
    window = gv.nn.Window.make(3, dims=2, stride=2, padding=1)
    pool = torch.nn.MaxPool2d(3, 2, 1)

    def layer(graph, onto=None):
        return gv.nn.painted(pool, graph, window=window, onto=onto, reduce=reduce)

    check_painting(layer, pool, seed=seed, onto=onto, reduce=reduce)


def test_without_a_window_the_partition_stays_or_is_given():
    graph = gv.superpixel_graph(torch.rand(3, 12, 12), n_segments=9)
    same = gv.nn.painted(torch.cos, graph)
    assert torch.equal(same.edge_index, graph.edge_index)
    torch.testing.assert_close(same.x, graph.x.cos())
    smaller = gv.superpixel_graph(torch.rand(1, 6, 6), n_segments=4)
    out = gv.nn.painted(torch.nn.AvgPool2d(2), graph, onto=smaller)
    assert out.num_nodes == smaller.num_nodes
    assert torch.equal(out.edge_index, smaller.edge_index)
    assert graph.x.shape[1] == out.x.shape[1]


def test_images_of_one_size_are_one_call():
    _, batch = random_batch(0, 2, [(4, 5)] * 3)
    shapes = []
    gv.nn.painted(lambda image: shapes.append(image.shape) or image, batch)
    gv.nn.painted(lambda image: shapes.append(image.shape) or image, random_batch(0, 2)[1])
    assert shapes == [(3, 2, 4, 5), (1, 2, 7, 6), (1, 2, 5, 9), (1, 2, 7, 6)]


def test_errors():
    graph = gv.grid_graph(torch.rand(1, 4, 4))
    with pytest.raises(ValueError, match=r"`pixels` must have .* the graph's sizes \[\(4, 4\)\]"):
        gv.nn.painted(torch.nn.AvgPool2d(2), graph)
