import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

import graphvision as gv
from graphvision.convert.watched import Watched
from tests.convert.networks import Residual


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(0)
    cnn = Residual().double()
    images = torch.rand(2, 3, 16, 16, dtype=torch.float64)
    return cnn, images, gv.graphify(cnn, images)


def test_layers_and_totals(pair):
    cnn, images, net = pair
    report = gv.equivalence(cnn, net, images)
    assert report.largest < 1e-12
    assert set(report.total) == {"lowered", "scatter"}
    rows = {(row.layer, row.form): row for row in report.layers}
    stem = rows["stem", "scatter"]
    assert (stem.targets, stem.taps) == (512, 9)
    assert stem.edges == 2 * (3 * 16 - 2) ** 2
    assert stem.plan == "gather per tap + matrix product"
    assert rows["stem", "lowered"].plan == "raster convolution"
    assert rows["blocks.0.relu (2)", "lowered"].output == 0
    assert "whole network" in str(report)


class ByFunctions(nn.Module):
    """The same function in two modules, by two addresses, and within a layer."""

    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.conv = nn.Conv2d(2, 2, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        hidden = F.max_pool2d(self.relu(self.conv(F.relu(x))), 2)
        hidden = hidden + torch.relu(hidden)
        return self.inner(hidden)


class Inner(nn.Module):
    """A function that isn't at the top."""

    def forward(self, x):
        return F.avg_pool2d(F.relu(x), 2).flatten(1)


def test_functions_have_rows():
    cnn = ByFunctions().double()
    images = torch.randn(2, 2, 12, 12, dtype=torch.float64)
    report = gv.equivalence(cnn, gv.graphify(cnn, images), images)
    rows = {(row.layer, row.form): row for row in report.layers}
    names = [name for name, form in rows if form == "scatter"]
    wanted = ["relu", "conv", "relu", "max_pool2d", "relu (2)", "inner.relu", "inner.avg_pool2d"]
    assert names.count("relu") == 1  # the module and the function have one name, and two calls
    assert set(names) >= set(wanted)
    pool = rows["max_pool2d", "scatter"]
    assert (pool.targets, pool.edges, pool.taps) == (2 * 25, 2 * 25 * 4, 4)
    assert pool.kind == "max_pool2d"
    assert pool.parameter_gradient is None
    assert pool.input_gradient < 1e-14
    assert rows["inner.avg_pool2d", "scatter"].edges == 2 * 4 * 4
    assert report.largest < 1e-12
    assert all(row.output < 1e-12 for row in report.layers)


def test_gradient_of_a_functions_input():
    """That of a max pooling is where its maxima are."""
    pool = Watched(Pooled(), (torch.arange(16.0).view(1, 1, 4, 4),)).calls["max_pool2d", 1]
    assert pool.output.flatten().tolist() == [5, 7, 13, 15]
    where = pool.input_gradient.flatten().nonzero().flatten()
    assert where.tolist() == [5, 7, 13, 15]


class Pooled(nn.Module):
    """A max pooling."""

    def forward(self, x):
        return F.max_pool2d(x, 2)


def test_other_weights_show(pair):
    cnn, images, _ = pair
    other = gv.graphify(cnn, images)
    with torch.no_grad():
        other.blocks[1].conv1.weight.mul_(1.5)
    report = gv.equivalence(cnn, other, images, forms=["lowered"])
    rows = {row.layer: row for row in report.layers}
    assert rows["blocks.0.conv2"].output == 0
    assert rows["blocks.1.conv1"].output > 0.1
    assert report.largest > 1e-3


def test_nothing_is_changed(pair):
    cnn, images, net = pair
    before = {name: value.clone() for name, value in cnn.state_dict().items()}
    gv.equivalence(cnn, net, images, forms=["lowered"])
    for network in (cnn, net):
        for name, value in network.state_dict().items():
            assert torch.equal(value, before[name])
        assert all(parameter.grad is None for parameter in network.parameters())


def test_errors(pair):
    with pytest.raises(ValueError, match=r"`forms` must be of \['lowered', 'scatter'\]"):
        gv.equivalence(*pair[::2], pair[1], forms=["fast"])
