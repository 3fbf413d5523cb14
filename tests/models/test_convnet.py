import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from graphvision.models import ConvNet


def windows(x, size, stride):
    """Every window, by plain slicing: [b, c, i, j, size, size]."""
    return x.unfold(2, size, stride).unfold(3, size, stride)


ORACLES = {
    "max": lambda net, x, stride: windows(x, 3, stride).amax((-1, -2)),
    "avg": lambda net, x, stride: windows(x, 3, stride).mean((-1, -2)),
    "sum": lambda net, x, stride: windows(x, 3, stride).sum((-1, -2)),
    "none": lambda net, x, stride: x,
    "strided": lambda net, x, stride: (
        torch.einsum("bcijkl,ckl->bcij", windows(x, 3, stride), net.weight[:, 0])
        + net.bias[:, None, None]
    ),
}


@pytest.mark.parametrize("pooling", ORACLES)
def test_matches_oracle(pooling):
    model = ConvNet(2, 3, (17, 20), pooling=pooling).double()
    pool, image = ORACLES[pooling], torch.randn(2, 2, 17, 20).double()
    x = pool(model.pool1, F.conv2d(image, model.conv1.weight, model.conv1.bias).relu(), 1)
    x = pool(model.pool2, F.conv2d(x, model.conv2.weight, model.conv2.bias).relu(), 2)
    logits = x.flatten(1) @ model.fc.weight.T + model.fc.bias
    torch.testing.assert_close(model(image), logits, rtol=1e-12, atol=1e-12)


def test_a_class_is_a_pooling_too():
    """As on the course's slide: ``pooling=nn.MaxPool2d``."""
    image = torch.rand(2, 1, 28, 28)
    by_name, by_class = ConvNet(pooling="avg"), ConvNet(pooling=nn.AvgPool2d)
    by_class.load_state_dict(by_name.state_dict())
    assert torch.equal(by_name(image), by_class(image))


@pytest.mark.parametrize("size", [(13, 13), (14, 30), (29, 28)])
@pytest.mark.parametrize("pooling", ORACLES)
def test_edge_cases(pooling, size):
    assert ConvNet(image_size=size, pooling=pooling)(torch.rand(1, 1, *size)).shape == (1, 10)


def test_errors():
    with pytest.raises(ValueError, match=r"`pooling` must be one of .*, got 'median'"):
        ConvNet(pooling="median")
