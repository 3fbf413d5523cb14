import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.utils import coalesce

import graphvision as gv


def graph_of(images, n=12, masked=False):
    mask = torch.rand(images.shape[0], *images.shape[2:]) > 0.2 if masked else None
    return gv.superpixel_graph(images, n, mask=mask, node_features=("mean", "area"))


@given(seed=st.integers(0, 1000), clusters=st.integers(1, 8), masked=st.booleans())
def test_matches_oracle(seed, clusters, masked):
    torch.manual_seed(seed)
    images = torch.rand(2, 1, 9, 11, dtype=torch.float64)
    graph = graph_of(images, masked=masked)
    cluster = torch.randint(-3, clusters, (graph.num_nodes,))
    out = gv.coarsen(graph, cluster)
    assert out.validate()
    assert out.num_graphs == 2
    pairs = sorted(set(zip(graph.batch.tolist(), cluster.tolist(), strict=True)))
    assert out.num_nodes == len(pairs)
    for k, (image, number) in enumerate(pairs):
        members = (graph.batch == image) & (cluster == number)
        area = graph.area[members]
        torch.testing.assert_close(out.area[k], area.sum())
        for name in ("x", "pos"):
            expected = (graph[name][members] * area[:, None]).sum(0) / area.sum()
            torch.testing.assert_close(out[name][k], expected)
    torch.testing.assert_close(out.x[:, 0], gv.pool_pixels(images, out).flatten())


def test_edges_match_coalesce():
    graph = graph_of(torch.rand(3, 1, 12, 12))
    cluster = torch.randint(0, 5, (graph.num_nodes,))
    out = gv.coarsen(graph, cluster, edge_reduce="max")
    node = torch.unique(torch.stack([graph.batch, cluster]), dim=1, return_inverse=True)[1]
    ends = node[graph.edge_index]
    keep = ends[0] != ends[1]
    edges, attr = coalesce(ends[:, keep], graph.edge_attr[keep], reduce="max", sort_by_row=False)
    assert torch.equal(out.edge_index, edges)
    torch.testing.assert_close(out.edge_attr, attr)


def test_own_number_for_every_node_changes_nothing():
    graph = gv.superpixel_graph(torch.rand(1, 14, 14), 10)
    out = gv.coarsen(graph, torch.arange(graph.num_nodes) * 7)
    for name in ("edge_index", "assign", "image_size"):
        assert torch.equal(out[name], graph[name])
    for name in ("x", "pos", "area", "edge_attr"):
        torch.testing.assert_close(out[name], graph[name])


def test_gradients():
    graph = gv.grid_graph(torch.rand(1, 3, 4, dtype=torch.float64))
    cluster = torch.randint(0, 4, (12,))

    def run(x, edge_attr):
        graph.x, graph.edge_attr = x, edge_attr
        out = gv.coarsen(graph, cluster)
        return out.x, out.edge_attr

    inputs = [graph.x.clone().requires_grad_(), graph.edge_attr.clone().requires_grad_()]
    assert torch.autograd.gradcheck(run, inputs)


def test_edge_cases():
    graph = gv.grid_graph(torch.rand(1, 2, 2))
    one = gv.coarsen(graph, torch.zeros(4, dtype=torch.int32))
    assert (one.num_nodes, one.num_edges, one.area.tolist()) == (1, 0, [4.0])
    empty = gv.grid_graph(torch.rand(1, 2, 2), mask=torch.zeros(2, 2, dtype=torch.bool))
    assert gv.coarsen(empty, torch.zeros(0, dtype=torch.int64)).num_nodes == 0


def test_errors():
    graph = gv.grid_graph(torch.rand(1, 2, 2))
    with pytest.raises(ValueError, match=r"`cluster` must be an integer tensor of shape \(4,\)"):
        gv.coarsen(graph, torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ValueError, match="got float32"):
        gv.coarsen(graph, torch.zeros(4))
    with pytest.raises(ValueError, match="`edge_reduce` must be one of"):
        gv.coarsen(graph, torch.zeros(4, dtype=torch.int64), edge_reduce="median")
