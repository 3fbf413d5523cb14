import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.models import ResidualGated, create, multiply_adds
from tests.models.graph_cases import numbers, renumbered, settled, superpixels, trained

LEVELS = {"graph": 2, "node": 3, "edge": 1}


def net(graph, **settings):
    sizes = {"width": 8, "edge_width": 4, "depth": 2, "hidden": 8}
    return ResidualGated(**numbers(graph), **{"heads": LEVELS} | sizes | settings)


@pytest.mark.parametrize("channel", ["virtual", "attention", None])
def test_permutation_equivariance(channel):
    one = superpixels(1)[0]
    model = settled(net(one, global_channel=channel))
    order = torch.randperm(one.num_nodes)
    want, got = model(one), model(renumbered(one, order))
    torch.testing.assert_close(got["graph"], want["graph"])
    torch.testing.assert_close(got["node"], want["node"][order])
    torch.testing.assert_close(got["edge"], want["edge"].flip(0))


@pytest.mark.parametrize("channel", ["virtual", "attention", None])
def test_batch_equals_loop(channel):
    graph = superpixels(2)
    model = settled(net(graph, global_channel=channel))
    features = {"node_features": "all", "edge_features": "all"}
    small = gv.superpixel_graph(torch.rand(1, 8, 8).double(), 3, **features)
    parts = [small, *graph.to_data_list()]
    together = model(Batch.from_data_list(parts))
    alone = [model(part) for part in parts]
    for level in LEVELS:
        want = torch.cat([found[level] for found in alone])
        torch.testing.assert_close(together[level], want)


def test_layer_norm_trains_each_image_by_itself():
    graph = superpixels(2)
    model = net(graph, norm="layer").double().train()
    together = model(graph)["node"]
    alone = torch.cat([model(part)["node"] for part in graph.to_data_list()])
    torch.testing.assert_close(together, alone)
    assert not any(isinstance(m, torch.nn.BatchNorm1d) for m in model.modules())


def test_the_global_channel_reaches_everywhere():
    """Without it, a node hears as many edges far as there are layers."""
    images = torch.rand(1, 1, 1, 9).double()
    graph = gv.grid_graph(images, connectivity=4)
    reached = {}
    for channel in ("virtual", "attention", None):
        model = settled(net(graph, global_channel=channel, heads={"node": 1}))
        x = graph.x.clone().requires_grad_()
        other = graph.clone()
        other.x = x
        model(other)["node"][0].sum().backward()
        reached[channel] = x.grad.abs().sum(1).nonzero().flatten().tolist()
    assert reached == {"virtual": [*range(9)], "attention": [*range(9)], None: [0, 1, 2]}


@pytest.mark.parametrize("make", [gv.grid_graph, lambda image: gv.patch_graph(image, patch_size=4)])
def test_any_partition(make):
    graph = make(torch.rand(2, 1, 9, 10))
    found = net(graph)(graph)
    rows = {"graph": 2, "node": graph.num_nodes, "edge": graph.num_edges}
    assert {level: len(part) for level, part in found.items()} == rows


def test_learns_what_only_messages_can_tell():
    """Whether a node is brighter than the mean of its neighbours; whether an edge joins likes."""
    graph = gv.superpixel_graph(torch.rand(8, 1, 16, 16), 16)
    source, target = graph.edge_index
    value = graph.x[:, 0]
    heard = torch.zeros(len(value)).index_add_(0, target, value[source])
    heard = heard / torch.bincount(target, minlength=len(value))
    brighter = (value > heard).long()
    alike = (brighter[source] == brighter[target]).float()

    def loss(found):
        edges = F.binary_cross_entropy_with_logits(found["edge"][:, 0], alike)
        return F.cross_entropy(found["node"], brighter) + edges

    torch.manual_seed(0)
    model = net(graph, heads={"node": 2, "edge": 1})
    before, after = trained(model, (graph,), loss)
    assert before > 1.0 > 0.5 > after


def test_detector():
    graph = gv.superpixel_graph(torch.rand(1, 1, 16, 16), 16)
    net = create("superpixel-detector", **numbers(graph), num_classes=8)
    assert len(net.body.layers) == 10
    assert net(graph).shape == (graph.num_nodes, 8)


def test_multiply_adds():
    graph = gv.superpixel_graph(torch.rand(2, 1, 16, 16), 16)
    model = net(graph, heads={"node": 3}, depth=1)
    n, e, f = graph.num_nodes, graph.num_edges, graph.x.shape[1] + 3
    embed = n * (f * 16 + 16 * 8) + e * (2 * 8 + 8 * 4)
    layer = n * (8 * 8 + 8 * 8 + 8 * 8) + e * 4 * 4 + e * 8
    virtual = 2 * 2 * 8 * 8
    assert multiply_adds(model, graph) == embed + layer + virtual + n * (8 * 8 + 8 * 3)


def test_errors():
    with pytest.raises(ValueError, match="`norm` must be one of"):
        ResidualGated(3, norm="group")
    with pytest.raises(ValueError, match="`edge_width` must divide"):
        ResidualGated(3, width=10, edge_width=4)
