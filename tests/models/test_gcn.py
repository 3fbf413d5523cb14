import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch_geometric.data import Batch, Data
from torch_geometric.nn import GCNConv

from graphvision.models import GCN


@pytest.fixture
def graphs():
    def one(nodes):
        pairs = torch.combinations(torch.arange(nodes)).T
        pairs = pairs[:, torch.rand(pairs.shape[1]) < 0.4]
        return Data(x=torch.randn(nodes, 5), edge_index=torch.cat([pairs, pairs.flip(0)], 1))

    return Batch.from_data_list([one(9), one(6), one(2)])


def test_matches_oracle(graphs):
    """The same network with PyG's own normalisation, weights on the edges."""
    model = GCN(in_features=5, num_classes=3).double().eval()
    graphs.x = graphs.x.double()
    hidden = F.relu(model.embed(model.normalise(graphs.x)))
    for conv, norm in zip(model.convs, model.norms, strict=True):
        oracle = GCNConv(48, 48, bias=False).double()
        oracle.load_state_dict(conv.state_dict())
        hidden = hidden + F.relu(norm(oracle(hidden, graphs.edge_index)))
    parts = [hidden[graphs.batch == i] for i in range(3)]
    pooled = torch.stack([torch.cat([part.mean(0), part.amax(0)]) for part in parts])
    torch.testing.assert_close(model(graphs), model.head(pooled), rtol=1e-12, atol=1e-12)


def test_permutation_invariance(graphs):
    model = GCN(in_features=5).double().eval()
    graph = graphs[0]
    graph.x = graph.x.double()
    order = torch.randperm(graph.num_nodes)
    moved = Data(x=graph.x[order], edge_index=order.argsort()[graph.edge_index])
    one, other = (model(Batch.from_data_list([g])) for g in (graph, moved))
    torch.testing.assert_close(one, other)
