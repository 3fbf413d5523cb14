import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import SegNet


def convolutions(weights, name, x, count):
    for i in range(0, 3 * count, 3):
        x = F.conv2d(x, weights[f"{name}.{i}.weight"], weights[f"{name}.{i}.bias"], padding=1)
        x = (x / (1 + 1e-5) ** 0.5).relu()  # fresh statistics: mean 0 and variance 1
    return x


def unpooled(before, x):
    """A loop: each value goes to where its window's first maximum was."""
    out = torch.zeros_like(before)
    for b, c, i, j in torch.cartesian_prod(*map(torch.arange, x.shape)).tolist():
        window = before[b, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        row, column = divmod(int(window.argmax()), window.shape[1])
        out[b, c, 2 * i + row, 2 * j + column] = x[b, c, i, j]
    return out


def test_matches_oracle():
    model = SegNet(2, 3, base=3, convolutions=(2, 3)).double().eval()
    weights, image = model.state_dict(), torch.rand(2, 2, 7, 10).double()
    first = convolutions(weights, "encoder.0", image, 2)
    x = F.max_pool2d(F.pad(first, (0, 0, 0, 1)), 2)
    second = convolutions(weights, "encoder.1", x, 3)
    x = F.max_pool2d(F.pad(second, (0, 1)), 2)
    x = convolutions(weights, "decoder.0", unpooled(second, x), 3)
    x = convolutions(weights, "last", unpooled(first, x), 1)
    logits = F.conv2d(x, weights["last.3.weight"], weights["last.3.bias"], padding=1)
    torch.testing.assert_close(model(image), logits, rtol=1e-12, atol=1e-12)


def test_the_paper_s_size():
    """The encoder is VGG-16's 13 convolutions, and the whole has 29.45 million parameters."""
    with torch.device("meta"):
        model = SegNet(3, 12, base=64, convolutions=(2, 2, 3, 3, 3))
    layers = [m for m in model.encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in layers] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 2) == 29.45


@pytest.mark.parametrize("convolutions", [(1,), (1, 2), (2, 2, 3, 3, 3)])
@pytest.mark.parametrize("size", [(1, 1), (3, 16), (17, 31), (28, 28)])
def test_edge_cases(size, convolutions):
    model = SegNet(num_classes=2, image_size=size, base=2, convolutions=convolutions).eval()
    assert model(torch.rand(1, 1, *size)).shape == (1, 2, *size)


def test_errors():
    with pytest.raises(ValueError, match=r"`convolutions` must be at least 1 each, got \(2, 0\)"):
        SegNet(convolutions=(2, 0))
    with pytest.raises(ValueError, match="`base` must be at least 1, got 0"):
        SegNet(base=0)
