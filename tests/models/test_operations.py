import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from graphvision.models import GCN, GATv2, LeNet5, multiply_adds
from graphvision.models.operations import multiply_adds_by_layer


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
        (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (2, 4, 5, 7), 2 * 35 * 2 * 2 * 3 * 9),
        (nn.ConvTranspose1d(2, 3, 5), (1, 2, 4), 4 * 2 * 3 * 5),
        (nn.BatchNorm2d(3), (2, 3, 4, 4), 0),
        (nn.LayerNorm((4, 4)), (2, 3, 4, 4), 0),
    ],
)
def test_formulas(layer, shape, expected):
    assert multiply_adds(layer, torch.rand(shape)) == expected


@pytest.mark.parametrize("batch_first", [False, True])
def test_attention_by_hand(batch_first):
    """Two examples, 5 queries, 7 keys, width 12: four maps, logits and weighted sums."""

    class Cross(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(
                12, 3, kdim=4, vdim=6, batch_first=batch_first, add_zero_attn=True
            )

        def forward(self, tokens):
            query, key, value = (t if batch_first else t.transpose(0, 1) for t in tokens)
            return self.attention(query, key=key, value=value)[0]

    tokens = [torch.rand(2, 5, 12), torch.rand(2, 7, 4), torch.rand(2, 7, 6)]
    maps = 5 * 12 * 12 + 7 * 4 * 12 + 7 * 6 * 12 + 5 * 12 * 12
    assert multiply_adds(Cross(), tokens) == 2 * (maps + 2 * 5 * 8 * 12)


def test_transformer_layer_by_hand():
    """The inner attention and both linear layers are seen, whatever torch fuses."""
    layer = nn.TransformerEncoderLayer(8, 2, 20, batch_first=True)
    tokens = torch.rand(3, 5, 8)
    assert multiply_adds(layer, tokens) == 3 * (4 * 5 * 64 + 2 * 25 * 8 + 2 * 5 * 8 * 20)


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


def test_a_shared_layer_counts_each_call_once():
    shared = nn.Linear(3, 3)
    model = nn.Sequential(nn.Sequential(shared), nn.Sequential(shared, nn.ReLU()))
    assert multiply_adds(model, torch.rand(2, 3)) == 2 * 2 * 9
    assert multiply_adds_by_layer(model, torch.rand(2, 3)) == {"0.0": 36}


def test_errors():
    """A matrix that nobody would count is an error, not a zero."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Bilinear(3, 3, 2), nn.Embedding(2, 2))
    with pytest.raises(ValueError, match=r"got \['Bilinear', 'Embedding'\]"):
        multiply_adds(model, torch.rand(1, 3))
