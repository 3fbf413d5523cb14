import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models.double_conv import Shrinking


def test_shrinking_matches_its_stages():
    net = Shrinking(2, 4, 2).eval()
    x = torch.rand(1, 2, 13, 9)
    one = net.stages[0](x)
    two = net.stages[1](F.max_pool2d(one, 2, ceil_mode=True))
    want = net.stages[2](F.max_pool2d(two, 2, ceil_mode=True))
    assert want.shape == (1, net.out_channels, 4, 3)
    assert torch.equal(net(x), want)


def test_errors():
    with pytest.raises(ValueError, match="`base` and the number of poolings must be at least 1"):
        Shrinking(1, 4, 0)
