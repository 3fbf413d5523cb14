import pytest
import torch

import graphvision as gv
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
