import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import UNet


def double_conv(weights, name, x):
    for i in (0, 3):
        x = F.conv2d(x, weights[f"{name}.{i}.weight"], padding=1)
        x = (x / (1 + 1e-5) ** 0.5).relu()  # fresh statistics: mean 0 and variance 1
    return x


@pytest.mark.parametrize("up", ["transposed", "bilinear"])
def test_matches_oracle(up):
    """Figure 1 of the paper with two poolings, written out; sides that halve with remainders."""
    model = UNet(2, 3, base=4, depth=2, up=up).double().eval()
    weights, image = model.state_dict(), torch.rand(2, 2, 11, 18).double()

    def enlarged(name, x, height, width):
        if up == "transposed":
            weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
            x = torch.kron(x, x.new_ones(1, 1, 2, 2))
            rows, columns = torch.arange(x.shape[2]) % 2, torch.arange(x.shape[3]) % 2
            taps = weight[:, :, rows][..., columns]
            x = torch.einsum("bchw,cdhw->bdhw", x, taps) + bias[:, None, None]
        else:
            size = (2 * x.shape[2], 2 * x.shape[3])
            x = F.interpolate(x, size, mode="bilinear", align_corners=False)
            x = F.conv2d(x, weights[f"{name}.1.weight"], weights[f"{name}.1.bias"])
        return x[:, :, :height, :width]

    def pooled(x):
        return F.max_pool2d(F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2), value=-1e9), 2)

    full = double_conv(weights, "first", image)
    half = double_conv(weights, "down.0", pooled(full))
    quarter = double_conv(weights, "down.1", pooled(half))
    assert quarter.shape == (2, 16, 3, 5)
    x = double_conv(weights, "up.0.conv", torch.cat([half, enlarged("up.0.up", quarter, 6, 9)], 1))
    x = double_conv(weights, "up.1.conv", torch.cat([full, enlarged("up.1.up", x, 11, 18)], 1))
    logits = F.conv2d(x, weights["last.weight"], weights["last.bias"])
    torch.testing.assert_close(model(image), logits, rtol=1e-12, atol=1e-12)


def test_count_by_hand():
    """Width 64 and depth 4 are the paper's; 31,037,698 is the widely used form with batch norm."""
    with torch.device("meta"):
        model = UNet(3, 2, base=64)
    assert sum(p.numel() for p in model.parameters()) == 31_037_698


@pytest.mark.parametrize("up", ["transposed", "bilinear"])
@pytest.mark.parametrize("size", [(1, 1), (3, 16), (17, 31), (28, 28)])
def test_edge_cases(size, up):
    model = UNet(num_classes=2, image_size=size, base=2, up=up).eval()
    assert model(torch.rand(1, 1, *size)).shape == (1, 2, *size)


def test_errors():
    with pytest.raises(ValueError, match=r"`up` must be one of .*, got 'nearest'"):
        UNet(up="nearest")
    with pytest.raises(ValueError, match="`base` and `depth` must be at least 1, got 16 and 0"):
        UNet(depth=0)
