"""Counts against loops over pixels; times are only there."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch_geometric.data import Batch

import graphvision as gv
from tests.convert.centres import labels_after
from tests.nn.painting import partition_graph, random_partition

SIZE = (13, 11)
WINDOWS = {"0": ((5, 3), (2, 1), (2, 0)), "max_pool2d": ((2, 2), (2, 2), (0, 0))}


class Strided(nn.Module):
    """A layer and a function that leave the grid."""

    def __init__(self):
        super().__init__()
        self.convs = nn.Sequential(nn.Conv2d(2, 3, (5, 3), (2, 1), (2, 0)), nn.BatchNorm2d(3))
        self.last = nn.Linear(3, 2)

    def forward(self, x):
        hidden = F.max_pool2d(self.convs(x), 2)
        hidden = hidden + hidden
        return self.last(hidden.mean((2, 3)))


def triples(labels, window):
    """The (target, source, tap) that occur, by plain loops, and the labels of the output."""
    kernel, stride, padding = window
    pool = nn.MaxPool2d(kernel, stride, padding)
    size = nn.functional.max_pool2d(torch.zeros(1, *labels.shape), kernel, stride, padding).shape
    out = labels_after(pool, labels[None], size[1:])[0]
    found = set()
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            for tap in range(kernel[0] * kernel[1]):
                at = (
                    y * stride[0] - padding[0] + tap // kernel[1],
                    x * stride[1] - padding[1] + tap % kernel[1],
                )
                inside = all(0 <= a < n for a, n in zip(at, labels.shape, strict=True))
                if inside and labels[at] >= 0 and out[y, x] >= 0:
                    found.add((int(out[y, x]), int(labels[at]), tap))
    return found, out


def expected(labels):
    """Nodes and edges after the convolution and after the pool."""
    conv, hidden = triples(labels, WINDOWS["0"])
    pool, last = triples(hidden, WINDOWS["max_pool2d"])
    nodes = [len(set(x.flatten().tolist()) - {-1}) for x in (hidden, last)]
    return {"convs.0": (nodes[0], len(conv)), "max_pool2d": (nodes[1], len(pool))}


def check(costs, side, wanted):
    for layer, counts in wanted.items():
        cost = getattr(costs[layer], side)
        assert (cost.nodes, cost.edges) == counts, (side, layer)
    assert getattr(costs["convs.1"], side).nodes == wanted["convs.0"][0]
    assert getattr(costs["add"], side).nodes == wanted["max_pool2d"][0]
    assert getattr(costs["convs.1"], side).edges is None
    assert getattr(costs["last"], side).nodes is None


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_matches_oracle(seed, lower):
    labels = random_partition(seed, SIZE)
    graph = partition_graph(labels, 2)
    net = gv.graphify(Strided().double().eval(), graph, lower=lower)
    costs = gv.layer_costs(net, graph, repeats=1)
    check(costs, "graph", expected(labels))
    pixels = torch.arange(labels.numel()).view(SIZE)
    wanted = expected(pixels)
    check(costs, "pixels", wanted)
    assert costs.nodes == graph.num_nodes
    readout = wanted["max_pool2d"][0]  # every pixel that is left sends to the mean
    assert costs.total.pixels.edges == sum(edges for _, edges in wanted.values()) + readout


def test_batch_is_the_sum():
    graphs = [partition_graph(random_partition(seed, SIZE), 2) for seed in (5, 6)]
    batch = Batch.from_data_list(graphs)
    net = gv.graphify(Strided().double().eval(), batch)
    costs = gv.layer_costs(net, batch, repeats=1)
    both = [gv.layer_costs(net, graph, repeats=1) for graph in graphs]
    for row, one, other in zip(costs.layers, *(c.layers for c in both), strict=True):
        assert row.layer == one.layer
        for side in ("graph", "pixels"):
            mine, *parts = (getattr(r, side) for r in (row, one, other))
            assert (mine.nodes or 0) == sum(part.nodes or 0 for part in parts)
            assert (mine.edges or 0) == sum(part.edges or 0 for part in parts)


def test_decoder_comes_back():
    """A transposed convolution is counted on the partition that it really comes back to."""
    graph = partition_graph(random_partition(3, (12, 12)).clamp(min=0), 2)
    cnn = nn.Sequential(nn.Conv2d(2, 2, 2, 2), nn.ConvTranspose2d(2, 2, 2, 2)).double()
    costs = gv.layer_costs(gv.graphify(cnn, graph), graph, repeats=1)
    assert costs["1"].graph.nodes == graph.num_nodes


@pytest.mark.parametrize(("dims", "partition"), [(1, gv.Samples), (3, gv.Voxels)])
def test_other_dimensions(dims, partition):
    size = (4, 5, 6)[:dims]
    graph = gv.image_graph(torch.rand(1, *size), partition())
    cnn = getattr(nn, f"Conv{dims}d")(1, 1, 1)
    costs = gv.layer_costs(gv.graphify(nn.Sequential(cnn), graph), graph, repeats=1)
    pixels = torch.Size(size).numel()
    for cost in (costs["0"].graph, costs["0"].pixels):
        assert (cost.nodes, cost.edges) == (pixels, pixels)


def test_what_is_called_again_has_a_number():
    graph = partition_graph(random_partition(1, SIZE), 2)
    relu = nn.ReLU()
    cnn = nn.Sequential(relu, nn.Conv2d(2, 2, 1), relu).double()
    costs = gv.layer_costs(gv.graphify(cnn, graph), graph, repeats=2)
    assert [row.layer for row in costs.layers] == ["0", "1", "0 (2)"]
    text = str(costs).splitlines()
    assert text[0].startswith(f"Sequential on {graph.num_nodes} nodes")
    assert text[-1].startswith("all layers")
    with pytest.raises(KeyError, match=r"`layer` must be one of .*, got 'conv'"):
        costs["conv"]


def test_nothing_is_changed():
    graph = partition_graph(random_partition(1, SIZE), 2)
    net = gv.graphify(Strided().double().train(), graph)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    gv.layer_costs(net, graph, repeats=1)
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])


def test_errors():
    graphs = [partition_graph(random_partition(1, size), 2) for size in (SIZE, (7, 9))]
    net = gv.graphify(Strided().double().eval(), graphs[0])
    with pytest.raises(ValueError, match="`repeats` must be at least 1, got 0"):
        gv.layer_costs(net, graphs[0], repeats=0)
    with pytest.raises(ValueError, match="must have images of one size"):
        gv.layer_costs(net, Batch.from_data_list(graphs))
