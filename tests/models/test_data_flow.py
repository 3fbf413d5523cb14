import torch
from torch import nn

from graphvision.models.data_flow import visits


class Branching(nn.Module):
    """Goes a way that depends on values."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3)
        self.block = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
        self.last = nn.Linear(2, 3)

    def forward(self, image):
        hidden = self.block(self.first(image))
        return self.last(hidden.mean((2, 3))) if image.sum() < 1e9 else hidden


def test_in_call_order_where_it_cannot_be_traced():
    found, reason = visits(Branching(), torch.rand(1, 1, 8, 8))
    assert [visit.name for visit in found] == ["first", "block.0", "block.1", "last"]
    assert [visit.field.axes[0].extent for visit in found] == [3, 3, 4, 8]
    assert reason.startswith("TraceError: symbolically traced variables cannot be used")
    assert not Branching().first._forward_hooks


def test_results_side_by_side():
    """One of several results is picked: positions of maxima, or attention without its weights."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(2, return_indices=True)
            self.unpool = nn.MaxUnpool2d(2)

        def forward(self, image):
            pooled, places = self.pool(image)
            return self.unpool(pooled, places)

    found, _ = visits(Two(), torch.rand(1, 1, 8, 8))
    assert [visit.name for visit in found] == ["pool", "unpool"]
    assert found[-1].field.axes[0].sights == ((0, 1), (0, 1))


def test_tokens_keep_the_fields_of_their_patches():
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.mlp = nn.Conv2d(1, 4, 4, 4), nn.Linear(4, 5)
            self.attention = nn.MultiheadAttention(5, 1, batch_first=True)

        def forward(self, image):
            tokens = self.mlp(self.patches(image).flatten(2).transpose(1, 2))
            return self.attention(tokens, tokens, tokens)[0]

    found, _ = visits(Tokens(), torch.rand(1, 1, 12, 16))
    extents = {visit.name: [axis.extent for axis in visit.field.axes] for visit in found}
    assert extents == {
        "patches": [4, 4],
        "flatten": [4, 4],
        "transpose": [4, 4],
        "mlp": [4, 4],
        "attention": [12, 16],
    }
