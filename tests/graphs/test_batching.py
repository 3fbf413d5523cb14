import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.nn import GCNConv, global_mean_pool

import graphvision as gv


@pytest.fixture
def batch():
    mask = torch.rand(4, 6, 7) > 0.2
    return gv.grid_graph(torch.rand(4, 3, 6, 7), mask=mask)


def test_bookkeeping_is_that_of_pyg(batch):
    expected = Batch.from_data_list(batch.to_data_list())
    assert type(batch) is type(expected)
    assert batch.num_graphs == expected.num_graphs == 4
    for mine, theirs in (
        (batch._slice_dict, expected._slice_dict),
        (batch._inc_dict, expected._inc_dict),
    ):
        assert mine.keys() == theirs.keys()
        for key in theirs:
            assert torch.equal(mine[key], theirs[key]), key
            assert mine[key].dtype == theirs[key].dtype


def test_indexing(batch):
    assert torch.equal(batch[2].x, batch.x[batch.batch == 2])
    assert [g.num_nodes for g in batch[[3, 0]]] == [batch[3].num_nodes, batch[0].num_nodes]
    assert isinstance(batch[0], gv.ImageGraph)


def test_nodes_may_carry_more(batch):
    batch.y = torch.arange(4)
    again = Batch.from_data_list(batch.to_data_list())
    assert "y" not in again  # set after the fact, as with any PyG batch
    graphs = batch.to_data_list()
    for k, graph in enumerate(graphs):
        graph.y = torch.tensor([k])
    assert Batch.from_data_list(graphs).y.tolist() == [0, 1, 2, 3]


def test_pyg_layers_take_it(batch):
    out = global_mean_pool(GCNConv(3, 5)(batch.x, batch.edge_index), batch.batch)
    assert out.shape == (4, 5)
