import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.models import GraphUNet
from tests.models.graph_cases import numbers, renumbered, settled, superpixels, trained

LEVELS = {"graph": 2, "node": 3, "edge": 1}
MERGES = ["matching", "cells"]


def net(graph, **settings):
    sizes = {"width": 8, "edge_width": 4, "depth": 1, "poolings": 2, "hidden": 8}
    return GraphUNet(**numbers(graph), **{"heads": LEVELS} | sizes | settings)


@pytest.mark.parametrize("merge", MERGES)
def test_permutation_equivariance(merge):
    one = superpixels(1)[0]
    model = settled(net(one, merge=merge))
    order = torch.randperm(one.num_nodes)
    want, got = model(one), model(renumbered(one, order))
    torch.testing.assert_close(got["graph"], want["graph"])
    torch.testing.assert_close(got["node"], want["node"][order])
    torch.testing.assert_close(got["edge"], want["edge"].flip(0))


@pytest.mark.parametrize("merge", MERGES)
def test_batch_equals_loop(merge):
    graph = superpixels(2)
    model = settled(net(graph, merge=merge))
    features = {"node_features": "all", "edge_features": "all"}
    small = gv.superpixel_graph(torch.rand(1, 8, 8).double(), 3, **features)
    parts = [small, *graph.to_data_list()]
    together = model(Batch.from_data_list(parts))
    alone = [model(part) for part in parts]
    for level in LEVELS:
        torch.testing.assert_close(together[level], torch.cat([found[level] for found in alone]))


@pytest.mark.parametrize("merge", MERGES)
def test_gradients(merge):
    """Merging is decided by the graph's own features and passes no gradient itself."""
    graph = superpixels(1)[0]
    model = settled(net(graph, merge=merge, heads={"node": 1}, norm="layer"))
    direction = torch.randn_like(graph.x)
    x = graph.x.clone().requires_grad_()
    other = graph.clone()

    def value(x):
        other.x = x
        return model(other)["node"].square().sum()

    value(x).backward()
    step = 1e-6
    with torch.no_grad():
        change = (value(x + step * direction) - value(x - step * direction)) / (2 * step)
    torch.testing.assert_close((x.grad * direction).sum(), change, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("merge", MERGES)
def test_on_a_pixel_grid(merge):
    graph = gv.grid_graph(torch.rand(2, 1, 9, 10), connectivity=4)
    assert net(graph, merge=merge, heads=None, level="node", num_classes=5)(graph).shape == (180, 5)


def test_more_poolings_than_nodes():
    graph = gv.superpixel_graph(torch.rand(1, 1, 8, 8), 2)
    model = net(graph, poolings=4).train()
    found = model(graph)
    sum(part.square().sum() for part in found.values()).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_learns_what_only_the_whole_can_tell():
    """Whether a node is brighter than half of its image."""
    graph = gv.superpixel_graph(torch.rand(8, 1, 16, 16), 16)
    middle = torch.stack([graph.x[graph.batch == b, 0].median() for b in range(8)])
    bright = (graph.x[:, 0] > middle[graph.batch]).long()
    torch.manual_seed(0)
    model = net(graph, heads={"node": 2})
    before, after = trained(model, (graph,), lambda found: F.cross_entropy(found["node"], bright))
    assert before > 0.5
    assert after < 0.1


def test_errors():
    with pytest.raises(ValueError, match="`depth` and `poolings` must be at least 1, got 0 and 1"):
        GraphUNet(3, depth=0, poolings=1)
    with pytest.raises(ValueError, match="`merge` must be one of"):
        GraphUNet(3, merge="topk")
