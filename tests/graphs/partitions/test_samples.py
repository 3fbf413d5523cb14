import torch

import graphvision as gv


def test_signal_graph():
    signal = torch.rand(2, 9)
    graph = gv.image_graph(signal, gv.Samples(), node_features="all", edge_features="all")
    assert graph.size_hw == [(9,)]
    assert torch.equal(graph.x[:, :2], signal.t())
    assert graph.pos.flatten().tolist() == list(range(9))
    assert graph.edge_index.tolist()[0][:3] == [1, 0, 2]
    assert graph.x.shape[1] == len(gv.feature_names("all", 2, ndim=1))


def test_mask():
    graph = gv.image_graph(
        torch.rand(1, 5), gv.Samples(torch.tensor([True, True, False, True, True]))
    )
    assert graph.edge_index.tolist() == [[1, 0, 3, 2], [0, 1, 2, 3]]
