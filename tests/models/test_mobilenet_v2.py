import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import MobileNetV2, multiply_adds


def layer(weights, conv, norm, x, *, stride=1):
    weight = weights[f"{conv}.weight"]
    x = F.conv2d(
        x, weight, None, stride, weight.shape[-1] // 2, groups=x.shape[1] // weight.shape[1]
    )
    return x / (1 + 1e-5) ** 0.5 * weights[f"{norm}.weight"][:, None, None]


def test_matches_oracle():
    """Table 2 of the paper, read row by row."""
    model = MobileNetV2(2, 3).double().eval()
    for key, value in model.state_dict().items():
        if key.endswith("1.weight") and value.ndim == 1:
            value.copy_(torch.rand_like(value) + 0.5)
    weights, image = model.state_dict(), torch.rand(2, 2, 37, 28).double()
    x = layer(weights, "features.0.0", "features.0.1", image, stride=2).clamp(0, 6)
    strides = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    for i, stride in enumerate(strides, start=1):
        name, out, parts = f"features.{i}.conv", x, 2 if i == 1 else 3
        for j in range(parts - 1):
            step = stride if j == parts - 2 else 1
            out = layer(weights, f"{name}.{j}.0", f"{name}.{j}.1", out, stride=step).clamp(0, 6)
        out = layer(weights, f"{name}.{parts - 1}", f"{name}.{parts}", out)
        x = x + out if out.shape == x.shape else out
    x = layer(weights, "features.18.0", "features.18.1", x).clamp(0, 6).mean((2, 3))
    logits = x @ weights["classifier.1.weight"].T + weights["classifier.1.bias"]
    torch.testing.assert_close(model(image), logits, rtol=1e-10, atol=1e-10)


def test_published_multiply_adds():
    """300 million for 224×224 pixels, the paper's abstract and table 4."""
    count = multiply_adds(MobileNetV2(3, 1000), torch.rand(1, 3, 224, 224))
    assert round(count / 1e6) in (300, 301)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (32, 32)])
def test_edge_cases(size):
    assert MobileNetV2(image_size=size).eval()(torch.rand(1, 1, *size)).shape == (1, 10)
