import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.models import SuperpixelNet, multiply_adds
from tests.models.graph_cases import renumbered


@pytest.fixture
def graph():
    images = torch.rand(3, 1, 12, 15, generator=torch.Generator().manual_seed(0)).double()
    return gv.superpixel_graph(images, 14, node_features="all", edge_features="all")


def net(graph, **settings):
    torch.manual_seed(0)
    model = SuperpixelNet(graph.x.shape[1], graph.edge_attr.shape[1], 4, **settings).double()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    return model.eval()


def test_matches_oracle(graph):
    """The formula of the docstring, edge by edge."""
    model = net(graph, width=5, functions=3, aggregators=("max",), readout=("mean", "max"))
    x = model.embed_nodes(model.standardise_nodes(graph.x))
    taps = model.embed_edges(model.standardise_edges(graph.edge_attr))
    for layer in model.layers:
        h = F.relu(layer.norm(x))
        weight = layer.messages.psi.weight
        inner = layer.own(h)
        for i in range(len(x)):
            arriving = (graph.edge_index[1] == i).nonzero().flatten().tolist()
            sources = graph.edge_index[0, arriving]
            messages = [
                sum(taps[e, k] * (h[graph.edge_index[0, e]] @ weight[k]) for k in range(3))
                for e in arriving
            ]
            row = torch.stack(messages).mean(0) + layer.mix[0](h[sources].amax(0))
            inner = inner + F.one_hot(torch.tensor(i), len(x)).unsqueeze(1) * row
        x = x + layer.out(F.relu(layer.inner_norm(inner)))
    x = F.relu(model.norm(x))
    parts = [x[graph.batch == b] for b in range(3)]
    pooled = torch.stack([torch.cat([part.mean(0), part.amax(0)]) for part in parts])
    torch.testing.assert_close(model(graph), model.head(pooled), rtol=1e-10, atol=1e-10)


def test_permutation_invariance(graph):
    model, one = net(graph), graph[1]
    other = renumbered(one, torch.randperm(len(one.x)))
    torch.testing.assert_close(model(one), model(other))


def test_graphs_of_different_sizes(graph):
    model = net(graph)
    features = {"node_features": "all", "edge_features": "all"}
    small = gv.superpixel_graph(torch.rand(1, 8, 8).double(), 3, **features)
    together = model(Batch.from_data_list([small, graph[0]]))
    torch.testing.assert_close(together, torch.cat([model(small), model(graph[0])]))


def test_sees_where_neighbours_lie(graph):
    model = net(graph, readout=("mean",))
    before = model(graph)
    graph.edge_attr = graph.edge_attr * torch.tensor([1, -1] + [1] * 4)
    assert not torch.allclose(model(graph), before)


def test_sees_where_nodes_lie(graph):
    model = net(graph, depth=0, readout=("position",))
    before = model(graph)
    graph.pos = graph.pos.flip(1)
    assert not torch.allclose(model(graph), before)


def test_inference_mode(graph):
    model = net(graph)
    with torch.inference_mode():
        made_inside = graph.clone()
        made_inside.edge_index = graph.edge_index.clone()
        got = model(made_inside)
    assert torch.equal(got, model(graph))


def test_without_edge_features(graph):
    model = SuperpixelNet(graph.x.shape[1], 0, 4).double().eval()
    given = SuperpixelNet(graph.x.shape[1], 2, 4).double().eval()
    given.load_state_dict(model.state_dict())
    source, target = graph.edge_index
    graph.edge_attr = graph.pos[source] - graph.pos[target]
    torch.testing.assert_close(model(graph), given(graph))


@pytest.mark.parametrize("depth", [0, 1])
def test_without_edges(graph, depth):
    model = net(graph, depth=depth).train()
    graph.edge_index, graph.edge_attr = graph.edge_index[:, :0], graph.edge_attr[:0]
    assert model(graph).isfinite().all()


@pytest.mark.parametrize("readout", [("position",), ("mean",), ("max",), ("attention", "max")])
def test_readouts_learn(graph, readout):
    model = net(graph, readout=readout, aggregators=("mean", "std", "softmax", "power")).train()
    model(graph).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_names_of_weights():
    """Weights of a classifier are named as they were before there were other levels."""
    names = list(SuperpixelNet(3, readout=("position", "attention")).state_dict())
    assert [name for name in names if name.startswith("readout")] == [
        "readout.position.basis.knots",
        "readout.attention.gate_nn.weight",
    ]
    assert [name for name in names if name.startswith("head")] == [
        "head.0.weight",
        "head.1.weight",
        "head.1.bias",
        "head.4.weight",
        "head.4.bias",
    ]


def test_one_body_for_all_levels(graph):
    """The nodes that a graph is read from are those that answer."""
    widths = {"graph": 2, "node": 3, "edge": 1}
    model = net(graph, heads=widths)
    alone = SuperpixelNet(graph.x.shape[1], graph.edge_attr.shape[1], 3, level="node").double()
    alone.load_state_dict(model.state_dict(), strict=False)
    torch.testing.assert_close(alone.eval()(graph), model(graph)["node"])


def test_multiply_adds(graph):
    model = net(graph, width=5, depth=1, functions=3, hidden=7)
    nodes, edges = len(graph.x), graph.edge_index.shape[1]
    embed = nodes * (27 * 10 + 10 * 5) + edges * (6 * 32 + 32 * 3)
    layer = nodes * 5 * 5 * (2 + 3) + edges * 5 * 3
    readout = nodes * 5 * 4
    head = 3 * (51 * 5 * 7 + 7 * 4)
    assert multiply_adds(model, graph) == embed + layer + readout + head


def test_errors():
    with pytest.raises(ValueError, match=r"`readout` must be different names of .*, got \['top'\]"):
        SuperpixelNet(3, readout=("top",))
    with pytest.raises(ValueError, match=r"`readout` must be one or more of .*, got none"):
        SuperpixelNet(3, readout=())
    with pytest.raises(ValueError, match=r"`aggregators` must be different names of"):
        SuperpixelNet(3, aggregators=("max", "max"))
