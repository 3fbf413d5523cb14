import torch
from torch import nn

from graphvision.models.initialise import initialise


def test_spread_is_that_of_the_formula():
    net = nn.Sequential(nn.Conv2d(8, 200, 3, groups=2), nn.ReLU(), nn.Linear(300, 400))
    before = net[2].weight.clone()
    initialise(net)
    torch.testing.assert_close(
        net[0].weight.std().item(), (2 / (100 * 9)) ** 0.5, rtol=0.05, atol=0
    )
    assert not net[0].bias.any()
    assert torch.equal(net[2].weight, before)
    initialise(net, linear_std=0.01)
    torch.testing.assert_close(net[2].weight.std().item(), 0.01, rtol=0.05, atol=0)
    assert not net[2].bias.any()


def test_edge_cases():
    """No bias, and layers that keep their first weights."""
    net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2))
    initialise(net)
    assert (net[1].weight == 1).all()


def test_keeps_the_size_of_gradients():
    """What the formula is for, on a deep stack, transposed and grouped convolutions included."""
    layers = []
    for _ in range(4):
        layers += [nn.Conv2d(64, 64, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(64, 64, 3, padding=1, groups=8), nn.ReLU()]
        layers += [nn.ConvTranspose2d(64, 64, 3, padding=1), nn.ReLU()]
    net = nn.Sequential(*layers)
    initialise(net)
    image = torch.randn(1, 64, 24, 24, requires_grad=True)
    (net(image) * torch.randn(1, 64, 24, 24)).sum().backward()
    assert 0.2 < image.grad.std() < 2
