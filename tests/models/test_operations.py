import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from graphvision.models import GCN, GATv2, LeNet5, multiply_adds


def brute_force_convolution(height, width, kernel, *, channels_in, channels_out):
    """Counts every product of a convolution without padding."""
    count = 0
    for _ in range(height - kernel + 1):
        for _ in range(width - kernel + 1):
            count += kernel * kernel * channels_in * channels_out
    return count


def test_convolution_matches_brute_force():
    count = multiply_adds(nn.Conv2d(3, 4, 3), torch.rand(2, 3, 7, 9))
    assert count == 2 * brute_force_convolution(7, 9, 3, channels_in=3, channels_out=4)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Linear(5, 7), (3, 5), 105),
        (nn.Linear(5, 7), (3, 2, 5), 210),
        (nn.Conv2d(4, 8, 3, groups=4, padding=1), (1, 4, 5, 5), 8 * 25 * 9),
        (nn.Conv2d(2, 2, (1, 3), stride=2), (1, 2, 5, 7), 2 * 3 * 3 * 6),
        (nn.Conv1d(2, 3, 3), (1, 2, 10), 3 * 8 * 6),
        (nn.ReLU(), (3, 5), 0),
    ],
)
def test_formulas(layer, shape, expected):
    assert multiply_adds(layer, torch.rand(shape)) == expected


def test_lenet5_by_hand():
    convolutions = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150
    assert multiply_adds(LeNet5(), torch.rand(1, 1, 28, 28)) == (
        convolutions + 400 * 120 + 120 * 84 + 84 * 10
    )


def path_graph(nodes):
    ahead = torch.stack([torch.arange(nodes - 1), torch.arange(1, nodes)])
    edges = torch.cat([ahead, ahead.flip(0)], 1)
    return Batch.from_data_list(
        [Data(x=torch.randn(nodes, 3), edge_index=edges, edge_attr=torch.randn(edges.shape[1], 2))]
    )


def test_gcn_by_hand():
    nodes, edges, width = 6, 10, 48
    layers = 3 * (nodes * width * width + (edges + nodes) * width)
    expected = nodes * 3 * width + layers + 2 * width * 10
    assert multiply_adds(GCN(in_features=3), path_graph(nodes)) == expected


def test_gatv2_by_hand():
    nodes, edges, width = 6, 10, 48
    attention = 2 * (edges + nodes) * width + (edges + nodes) * 2 * width
    layers = 3 * (2 * nodes * width * width + attention)
    expected = nodes * 3 * width + layers + 2 * width * 10
    assert multiply_adds(GATv2(in_features=3, edge_features=2), path_graph(nodes)) == expected


def test_a_layer_may_count_itself():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def multiply_adds(self, inputs, output):
            return 1000 * len(inputs[0])

        def forward(self, x):
            return self.inner(x)

    model = nn.Sequential(Own(), nn.Linear(3, 1))
    assert multiply_adds(model, torch.rand(2, 3)) == 2006
    assert not model[1]._forward_hooks


def test_errors():
    """A matrix that nobody would count is an error, not a zero."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Bilinear(3, 3, 2), nn.ConvTranspose2d(1, 1, 2))
    with pytest.raises(ValueError, match=r"got \['Bilinear', 'ConvTranspose2d'\]"):
        multiply_adds(model, torch.rand(1, 3))
