import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision import models
from graphvision.models import ResNet


def convolve(weights, name, x, **window):
    return F.conv2d(x, weights[f"{name}.weight"], **window)


def normalise(weights, name, x):
    mean, var, weight, bias = (
        weights[f"{name}.{part}"][:, None, None]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (var + 1e-5).sqrt() * weight + bias


def block(weights, name, x, stride):
    """Table 1 and figure 5 of the paper, from the names alone."""
    last = 3 if f"{name}.conv3.weight" in weights else 2
    out = x
    for i in range(1, last + 1):
        size = weights[f"{name}.conv{i}.weight"].shape[-1]
        strides = stride if i == last - 1 else 1
        out = convolve(weights, f"{name}.conv{i}", out, stride=strides, padding=size // 2)
        out = normalise(weights, f"{name}.bn{i}", out)
        out = out if i == last else out.relu()
    if f"{name}.downsample.0.weight" in weights:
        x = convolve(weights, f"{name}.downsample.0", x, stride=stride)
        x = normalise(weights, f"{name}.downsample.1", x)
    return (out + x).relu()


@pytest.mark.parametrize(
    ("name", "counts"), [("resnet18", (2, 2, 2, 2)), ("resnet50", (3, 4, 6, 3))]
)
def test_matches_oracle(name, counts):
    model = models.create(name, num_classes=3).double().eval()
    for key, value in model.state_dict().items():
        if key.endswith(("bn1.weight", "running_mean", "running_var")):
            value.copy_(torch.rand_like(value) + 0.5)
    weights, image = model.state_dict(), torch.rand(2, 1, 37, 50).double()
    x = convolve(weights, "conv1", image, stride=2, padding=3)
    x = F.max_pool2d(normalise(weights, "bn1", x).relu(), 3, 2, 1)
    for stage, count in enumerate(counts, start=1):
        for i in range(count):
            x = block(weights, f"layer{stage}.{i}", x, 2 if stage > 1 and i == 0 else 1)
    logits = x.mean((2, 3)) @ weights["fc.weight"].T + weights["fc.bias"]
    torch.testing.assert_close(model(image), logits, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("depth", "count"), [(34, 21_797_672), (101, 44_549_160), (152, 60_192_808)]
)
def test_other_depths_have_the_published_count(depth, count):
    with torch.device("meta"):
        model = ResNet(in_channels=3, num_classes=1000, depth=depth)
    assert sum(p.numel() for p in model.parameters()) == count


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (33, 28)])
def test_edge_cases(size):
    model = ResNet(num_classes=2, image_size=size).eval()
    assert model(torch.rand(1, 1, *size)).shape == (1, 2)


def test_errors():
    with pytest.raises(ValueError, match=r"`depth` must be one of \[18, .*\], got 20"):
        ResNet(depth=20)
    with pytest.raises(ValueError, match=r"`image_size` must be \(height, width\), each at"):
        ResNet(image_size=(0, 4))
