import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import VolumeNet


def windows(x, size, stride):
    for axis in (2, 3, 4):
        x = x.unfold(axis, size, stride)
    return x


def test_matches_oracle():
    model = VolumeNet(2, 3, (11, 13, 16)).double().eval()
    weights, volume = model.state_dict(), torch.randn(2, 2, 11, 13, 16).double()
    x = volume
    for i, (size, stride) in enumerate(((5, 2), (3, 1)), start=1):
        weight, bias = weights[f"conv{i}.weight"], weights[f"conv{i}.bias"]
        x = torch.einsum("bcxyzklm,dcklm->bdxyz", windows(x, size, stride), weight)
        x = x + bias[:, None, None, None]
        x = torch.where(x > 0, x, 0.1 * x)
    x = windows(x, 2, 2).amax((-1, -2, -3)).flatten(1)
    x = F.linear(x, weights["fc1.weight"], weights["fc1.bias"]).relu()
    logits = F.linear(x, weights["fc2.weight"], weights["fc2.bias"])
    torch.testing.assert_close(model(volume), logits, rtol=1e-12, atol=1e-12)


def test_count_is_the_published_one():
    """921,736 parameters for 32³ voxels and 40 classes, section III.C."""
    assert sum(p.numel() for p in VolumeNet(num_classes=40).parameters()) == 921_736


def test_dropout():
    volume = torch.rand(1, 1, 12, 12, 12)
    model = VolumeNet(image_size=(12, 12, 12))
    assert not torch.equal(model(volume), model(volume))
    model = VolumeNet(image_size=(12, 12, 12), dropout=False)
    assert torch.equal(model(volume), model(volume))


@pytest.mark.parametrize("size", [(11, 11, 11), (12, 20, 13)])
def test_edge_cases(size):
    assert VolumeNet(image_size=size)(torch.rand(1, 1, *size)).shape == (1, 10)
