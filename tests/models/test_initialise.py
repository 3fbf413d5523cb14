import torch
from torch import nn

from graphvision.models.initialise import initialise


def test_spread_is_that_of_the_formula():
    net = nn.Sequential(nn.Conv2d(8, 200, 3, groups=2), nn.ReLU(), nn.Linear(300, 400))
    before = net[2].weight.clone()
    initialise(net)
    torch.testing.assert_close(
        net[0].weight.std().item(), (2 / (200 * 9)) ** 0.5, rtol=0.05, atol=0
    )
    assert not net[0].bias.any()
    assert torch.equal(net[2].weight, before)
    initialise(net, linear_std=0.01)
    torch.testing.assert_close(net[2].weight.std().item(), 0.01, rtol=0.05, atol=0)
    assert not net[2].bias.any()


def test_edge_cases():
    """No bias, and layers that keep their first weights."""
    net = nn.Sequential(nn.Conv1d(1, 2, 3, bias=False), nn.BatchNorm1d(2))
    initialise(net)
    assert (net[1].weight == 1).all()
