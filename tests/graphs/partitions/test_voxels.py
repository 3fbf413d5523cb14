import torch

import graphvision as gv


def test_volume_graph():
    volume = torch.rand(1, 3, 4, 5)
    graph = gv.image_graph(volume, gv.Voxels(), 6, node_features="all", edge_features="all")
    assert graph.num_nodes == 60
    assert graph.num_edges == 2 * (2 * 4 * 5 + 3 * 3 * 5 + 3 * 4 * 4)
    assert (graph.edge_attr[:, 4] == 1).all()  # border length of neighbouring voxels
    assert graph.x.shape[1] == len(gv.feature_names("all", 1, ndim=3))
    assert torch.equal(gv.rasterize(graph.x[:, 0], graph), volume)
