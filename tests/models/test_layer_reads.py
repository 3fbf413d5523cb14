import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from graphvision.models.data_flow import visits
from graphvision.models.layer_reads import size_formula


class Function(nn.Module):
    """A function with its settings as a network."""

    def __init__(self, function, *args, **kwargs):
        super().__init__()
        self.function, self.args, self.kwargs = function, args, kwargs

    def forward(self, x):
        return self.function(x, *self.args, **self.kwargs)


WEIGHT = torch.ones(1, 1, 3, 2)
PAIRS = [
    (nn.MaxPool2d(3), F.max_pool2d, (3,), {}),
    (nn.MaxPool2d(3, 2, 1, 2), F.max_pool2d, (3, 2), {"padding": 1, "dilation": 2}),
    (nn.AvgPool2d((3, 2), (1, 2)), F.avg_pool2d, ((3, 2),), {"stride": (1, 2)}),
    (nn.Conv2d(1, 1, (3, 2), 2, (1, 0), 3), F.conv2d, (WEIGHT, None, 2, (1, 0), 3), {}),
    (nn.Conv2d(1, 1, 3, padding="same"), F.conv2d, (torch.ones(1, 1, 3, 3),), {"padding": "same"}),
    (nn.Conv2d(1, 1, (3, 2)), F.conv2d, (WEIGHT,), {"bias": None}),
    (nn.ConvTranspose2d(1, 1, (3, 2), 2, 1), F.conv_transpose2d, (WEIGHT, None, 2, 1), {}),
    (nn.AdaptiveAvgPool2d(4), F.adaptive_avg_pool2d, (4,), {}),
    (nn.AdaptiveMaxPool2d((2, 8)), F.adaptive_max_pool2d, ((2, 8),), {}),
    (nn.Upsample(scale_factor=2, mode="bilinear"), F.interpolate, (None, 2, "bilinear"), {}),
    (nn.UpsamplingBilinear2d((5, 9)), F.interpolate, ((5, 9), None, "bilinear", True), {}),
    (nn.ZeroPad2d((2, 1, 0, 3)), F.pad, ((2, 1, 0, 3),), {}),
    (nn.ReflectionPad2d(2), F.pad, ((2, 2, 2, 2), "reflect"), {}),
    (nn.PixelUnshuffle(2), F.pixel_unshuffle, (2,), {}),
]


@pytest.mark.parametrize(("layer", "function", "args", "kwargs"), PAIRS)
def test_functions_read_what_layers_read(layer, function, args, kwargs):
    image = torch.rand(1, 1, 12, 16)
    by_layer = visits(nn.Sequential(layer), image)[0][-1]
    by_function = visits(Function(function, *args, **kwargs), image)[0][-1]
    assert by_layer.shape == by_function.shape
    assert by_layer.field == by_function.field
    assert any(axis.sights != ((0, 0),) for axis in by_layer.field.axes)


def seen_of(function, place):
    image = torch.rand(1, 4, 12, 16, dtype=torch.float64, requires_grad=True)
    function(image)[(slice(None), slice(None), *place)].sum().backward()
    seen = image.grad.abs().sum((0, 1)).nonzero()
    return list(zip(seen.amin(0).tolist(), seen.amax(0).tolist(), strict=True))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.pad(x, (2, 1, -1, 3)),
        lambda x: x[:, :, 2:, 3:-2],
        lambda x: x[:, :, ::2, 1::3],
        lambda x: F.pixel_shuffle(x, 2),
        lambda x: F.pixel_unshuffle(x, 2),
        lambda x: F.avg_pool2d(x, 2) * 2 + x[:, :, ::2, ::2],
        lambda x: x.flatten(2).unflatten(2, (12, 16)),
        lambda x: x.mean((2, 3), keepdim=True) * x,
    ],
)
def test_matches_oracle(function):
    found, _ = visits(Function(function), torch.rand(1, 4, 12, 16))
    for place in ((2, 3), (3, 2), (4, 4)):
        sights = [axis.sight(p) for axis, p in zip(found[-1].field.axes, place, strict=True)]
        assert sights == seen_of(function, place)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(1, 1, 5, 3, 1),
        nn.Conv2d(1, 1, 3, dilation=2, padding="same"),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d(3, 2, 1),
        nn.ConvTranspose2d(1, 1, 3, 2, 1),
        nn.ConvTranspose2d(1, 1, 3, 2, dilation=2),
    ],
)
@pytest.mark.parametrize("size", [9, 14, 28])
def test_size_formula(layer, size):
    """The text, worked out as it stands, is the size of what torch gives."""
    image = torch.rand(1, 1, size, size)
    formula, result = size_formula(visits(nn.Sequential(layer), image)[0][-1].call).split(" = ")
    python = formula.replace("−", "-").replace("·", "*")
    for left, right, name in (("⌊", "⌋", "floor"), ("⌈", "⌉", "ceil")):
        python = python.replace(left, f"math.{name}(").replace(right, ")")
    assert eval(python, {"math": math}) == int(result) == layer(image).shape[2]


def test_size_formula_edge_cases():
    """Where the size doesn't follow that formula, there is none."""
    for layer in (nn.AdaptiveAvgPool2d(2), nn.ReLU(), nn.ConvTranspose2d(1, 1, 2, 2, 0, 1)):
        assert (
            size_formula(visits(nn.Sequential(layer), torch.rand(1, 1, 8, 8))[0][-1].call) is None
        )
