import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.nn import aggr

import graphvision as gv
from graphvision.nn import READOUTS, Readout
from tests.kernels.csr_cases import relative

NAMES = list(READOUTS)


def graphs():
    torch.manual_seed(0)
    images = torch.rand(3, 1, 12, 15, dtype=torch.float64)
    graph = gv.superpixel_graph(images, 14)
    return graph, torch.rand(graph.num_nodes, 4, dtype=torch.float64)


def test_area_mean_is_the_mean_over_pixels():
    graph, x = graphs()
    want = gv.rasterize(x, graph).mean((2, 3))
    torch.testing.assert_close(Readout(4, "area_mean")(x, graph), want)
    torch.testing.assert_close(gv.nn.GlobalPool("mean")(with_x(graph, x)), want)


def with_x(graph, x):
    other = graph.clone()
    other.x = x
    return other


def test_mean_counts_every_node_once():
    graph, x = graphs()
    want = torch.stack([x[graph.batch == b].mean(0) for b in range(3)])
    torch.testing.assert_close(Readout(4, "mean")(x, graph), want)


@pytest.mark.parametrize(
    ("name", "theirs"), [("set2set", aggr.Set2Set(4, 3)), ("sort", aggr.SortAggregation(16))]
)
def test_match_pyg(name, theirs):
    graph, x = graphs()
    ours, theirs = Readout(4, name).double(), theirs.double()
    theirs.load_state_dict(ours[name].aggr.state_dict())
    assert relative(ours(x, graph), theirs(x, graph.batch)) < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name):
    graph, x = graphs()
    layer = Readout(4, name).double()
    assert torch.autograd.gradcheck(lambda x: layer(x, graph), x.requires_grad_())
    layer(x, graph).square().sum().backward()
    for parameter_name, parameter in layer.named_parameters():
        assert parameter.grad.isfinite().all(), parameter_name


@pytest.mark.parametrize("name", NAMES)
def test_batch_equals_loop(name):
    graph, x = graphs()
    layer = Readout(4, name).double()
    small = gv.superpixel_graph(torch.rand(1, 8, 8, dtype=torch.float64), 3)
    parts = [*graph.to_data_list(), small]
    x = torch.cat([x, torch.rand(small.num_nodes, 4, dtype=torch.float64)])
    together = layer(x, Batch.from_data_list(parts))
    assert together.shape == (4, layer.num_features)
    rows = x.split([part.num_nodes for part in parts])
    alone = torch.cat([layer(row, part) for row, part in zip(rows, parts, strict=True)])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("name", NAMES)
def test_permutation_invariance(name):
    graph, x = graphs()
    one, x = graph[0], x[: graph[0].num_nodes]
    order = torch.randperm(len(x))
    other = one.subgraph(torch.arange(len(x)))
    other.pos, other.area = one.pos[order], one.area[order]
    layer = Readout(4, name).double()
    torch.testing.assert_close(layer(x, one), layer(x[order], other))


def test_several_side_by_side():
    graph, x = graphs()
    names = ("max", "attention", "area_mean")
    layer = Readout(4, names).double()
    alone = []
    for name in names:
        part = Readout(4, name).double()
        part.load_state_dict({k: v for k, v in layer.state_dict().items() if k.startswith(name)})
        alone.append(part(x, graph))
    torch.testing.assert_close(layer(x, graph), torch.cat(alone, 1))


@pytest.mark.parametrize("names", [(), ("top",), ("max", "max")])
def test_errors(names):
    with pytest.raises(ValueError, match=r"`names` must be one or more different names of"):
        Readout(4, names)
