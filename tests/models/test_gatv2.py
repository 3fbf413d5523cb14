import pytest
import torch
from torch_geometric.data import Batch, Data

from graphvision.models import GATv2


def ring(nodes, edge_features):
    ahead = torch.stack([torch.arange(nodes), torch.arange(nodes).roll(-1)])
    edges = torch.cat([ahead, ahead.flip(0)], 1)
    return Data(
        x=torch.randn(nodes, 4), edge_index=edges, edge_attr=torch.randn(2 * nodes, edge_features)
    )


def test_edge_features_count():
    model = GATv2(in_features=4, edge_features=2).eval()
    graph = ring(6, 2)
    before = model(Batch.from_data_list([graph]))
    graph.edge_attr = graph.edge_attr + torch.randn_like(graph.edge_attr)
    assert not torch.allclose(before, model(Batch.from_data_list([graph])))


def test_without_edge_features():
    assert GATv2(in_features=4)(Batch.from_data_list([ring(5, 1), ring(4, 1)])).shape == (2, 10)


def test_errors():
    with pytest.raises(ValueError, match="`hidden` must be a multiple of `heads`"):
        GATv2(in_features=4, hidden=10, heads=4)
