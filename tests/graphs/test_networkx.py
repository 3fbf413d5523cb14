import networkx as nx
import pytest
import torch

import graphvision as gv


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_round_trip(dtype):
    image = torch.rand(3, 5, 6, dtype=dtype)
    mask = torch.rand(5, 6) > 0.3
    for graph in (
        gv.grid_graph(image, mask=mask, node_features="all", edge_features="all"),
        gv.grid_graph(image, mask=mask & False, node_features="all"),
        gv.image_graph(image[0], gv.Samples()),
    ):
        again = gv.from_networkx(gv.to_networkx(graph))
        assert graph.keys() == again.keys()
        for key in graph.keys():  # noqa: SIM118
            assert torch.equal(graph[key], again[key]), key
            assert graph[key].dtype == again[key].dtype


def test_parallel_edges_survive():
    graph = gv.patch_graph(torch.rand(1, 4, 4), 2)
    graph.edge_index = graph.edge_index.repeat_interleave(2, 1)
    graph.edge_attr = torch.arange(float(graph.num_edges)).view(-1, 1)
    again = gv.from_networkx(gv.to_networkx(graph))
    assert torch.equal(again.edge_index, graph.edge_index)
    assert torch.equal(again.edge_attr, graph.edge_attr)


def test_algorithms_run():
    made = gv.to_networkx(gv.grid_graph(torch.rand(1, 4, 5), connectivity=4))
    assert nx.shortest_path_length(made, 0, 19) == 7


def test_errors():
    graph = gv.patch_graph(torch.rand(1, 4, 4), 2)
    with pytest.raises(ValueError, match="one graph, got a batch of 2"):
        gv.to_networkx(gv.patch_graph(torch.rand(2, 1, 4, 4), 2))
    with pytest.raises(ValueError, match="graph attribute 'assign'"):
        gv.from_networkx(nx.path_graph(3))
    made = gv.to_networkx(graph)
    made.remove_node(0)
    with pytest.raises(ValueError, match="nodes 0…2"):
        gv.from_networkx(made)
    made = gv.to_networkx(graph)
    del made.nodes[1]["x"]
    with pytest.raises(ValueError, match="got gaps"):
        gv.from_networkx(made)
