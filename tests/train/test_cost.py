import pytest

from graphvision.train import Data
from graphvision.train.cost import cost_of


@pytest.fixture(scope="module")
def data(settings):
    return Data(settings("mlp"), progress=False)


def test_lenet5(data):
    cost = cost_of("lenet5", data)
    assert (cost["multiply_adds"], cost["nodes"], cost["graph_seconds"]) == (416_520, None, None)


def test_pixels_as_nodes(data):
    """A 5×5 window, padding 2, on 28×28 pixels: 5·28 - 6 taps inside per axis."""
    cost = cost_of("lenet5-graph", data)
    assert (cost["multiply_adds"], cost["nodes"], cost["edges"]) == (416_520, 784, 134**2)


def test_superpixels(data):
    cost = cost_of("gcn", data)
    assert cost["nodes"] == 12
    assert cost["graph_seconds"] > 0
