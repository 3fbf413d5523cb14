import pytest
import torch
from torch import nn

import graphvision as gv
from graphvision.models import GCN, multiply_adds

TITLES = (
    *("layer", "kind", "output", "size", "parameters"),
    *("multiply-adds", "sees (px)", "step (px)", "hops"),
)


def created(name, **settings):
    return gv.models.create(name, **settings)


def test_lenet5_by_hand():
    """Every number of the table, from the paper's sizes."""
    found = gv.summary(created("lenet5"), (1, 28, 28))
    rows = [
        (row.name, row.output, row.parameters, row.multiply_adds, row.receptive_field, row.hops)
        for row in found.rows
    ]
    assert rows == [
        ("conv1", (6, 28, 28), 6 * 25 + 6, 28 * 28 * 6 * 25, (5, 5), 2),
        ("max_pool2d", (6, 14, 14), 0, 0, (6, 6), 3),
        ("conv2", (16, 10, 10), 16 * 6 * 25 + 16, 10 * 10 * 16 * 150, (14, 14), 7),
        ("max_pool2d", (16, 5, 5), 0, 0, (16, 16), 8),
        ("fc1", (120,), 400 * 120 + 120, 400 * 120, (32, 32), 16),
        ("fc2", (84,), 120 * 84 + 84, 120 * 84, (32, 32), 16),
        ("fc3", (10,), 84 * 10 + 10, 84 * 10, (32, 32), 16),
    ]
    assert [row.jump[0] for row in found.rows] == [1, 2, 2, 4, 0, 0, 0]
    assert found["conv1"].formula == "(28 − 5 + 2·2)/1 + 1 = 28"
    assert (found.parameters, found.multiply_adds) == (61_706, 416_520)


@pytest.mark.parametrize(
    ("name", "row", "extent", "jump"),
    [
        ("alexnet", "features.12", 195, 32),
        ("vgg16", "features.30", 212, 32),
        ("resnet18", "layer4.1.conv2", 435, 32),
        ("resnet50", "layer4.2.conv3", 427, 32),
        ("mobilenet_v2", "features.18.0", 491, 32),
    ],
)
def test_published_receptive_fields(name, row, extent, jump):
    """The table of Araujo et al., but for ResNet-50.

    They have 483, with the stride in the first 1×1 convolution; in the 3×3 convolution:
    11 + 3·8 + (8 + 3·16) + (16 + 5·32) + (32 + 2·64) = 427.
    """
    found = gv.summary(created(name, image_size=(64, 64)), (1, 64, 64))[row]
    assert found.jump == (jump, jump)
    assert found.receptive_field == (extent, extent)


def test_resnet18_totals():
    """1.81 billion multiply-adds for 224×224 pixels; the paper says 1.8."""
    model = created("resnet18", in_channels=3, num_classes=1000)
    found = gv.summary(model, (3, 224, 224))
    assert found.parameters == sum(row.parameters for row in found.rows) == 11_689_512
    assert found.multiply_adds == sum(row.multiply_adds for row in found.rows)
    assert round(found.multiply_adds / 1e9, 1) == 1.8
    assert found["layer1.0.conv2"].multiply_adds == 56 * 56 * 64 * 64 * 9
    assert found["layer1.0.conv2"].receptive_field == (27, 27)


def rows_seen(net, height, row):
    """Rows of the image that one row of the output depends on."""
    image = torch.rand(1, 1, height, 16, dtype=torch.float64, requires_grad=True)
    net(image)[:, :, row].sum().backward()
    found = image.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    return int(found[-1] - found[0]) + 1


def averaged(net):
    """Mean in place of maximum, and positive weights: all that can be seen has a gradient."""
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                settings = (child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, nn.AvgPool2d(*settings))
    for parameter in net.parameters():
        nn.init.uniform_(parameter, 0.5, 1) if parameter.ndim > 1 else None
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            layer.weight.data /= layer.weight[0].numel()
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net.double().eval()


@pytest.mark.parametrize("up", ["transposed", "bilinear"])
def test_unet_matches_the_support_of_gradients(up):
    """The largest of all positions of one period."""
    net = averaged(created("unet", base=2, depth=3, up=up))
    seen = max(rows_seen(net, 240, row) for row in range(112, 120))
    assert gv.summary(net, (1, 240, 16))["last"].receptive_field[0] == seen


def test_resnet_matches_the_support_of_gradients():
    net = averaged(created("resnet18"))
    trunk = nn.Sequential(net.conv1, net.maxpool, net.layer1, net.layer2)
    assert gv.summary(trunk, (1, 240, 16)).rows[-1].receptive_field[0] == rows_seen(trunk, 240, 15)


def test_vit():
    found = gv.summary(created("vit_tiny", depth=1), (1, 28, 28))
    assert found["conv_proj"].receptive_field == (4, 4)
    block = "encoder.layers.encoder_layer_0"
    assert found[f"{block}.ln_1"].receptive_field == (4, 4)
    assert found[f"{block}.self_attention"].receptive_field == (28, 28)
    assert found[f"{block}.self_attention"].parameters == 4 * 192 * 192 + 4 * 192


@pytest.mark.parametrize("name", ["conv1d", "conv3d", "segnet", "convnet", "mlp"])
def test_totals_of_other_models(name):
    model = created(name)
    size = {1: (128,), 2: (28, 28), 3: (32, 32, 32)}[model.dims]
    found = gv.summary(model, (1, *size))
    assert found.parameters == sum(row.parameters for row in found.rows)
    assert found.multiply_adds == multiply_adds(model, torch.zeros(1, 1, *size))
    assert all(len(row.receptive_field) == model.dims for row in found.rows)


def test_table():
    net = nn.Sequential(nn.Conv2d(1, 2, (3, 5), 2), nn.ReLU(), nn.Dropout(), nn.Conv2d(2, 1000, 1))
    text = str(gv.summary(net, (1, 7, 8)))
    names, _, first, second, _, total = (line.split("  ") for line in text.splitlines())
    cells = [[cell.strip() for cell in line if cell] for line in (names, first, second, total)]
    assert cells == [
        list(TITLES),
        ["0", "Conv2d", "2×3×2", "(7 − 3 + 2·0)/2 + 1 = 3", "32", "180", "3×5", "2", "2"],
        ["3", "Conv2d", "1000×3×2", "(3 − 1 + 2·0)/1 + 1 = 3", "3,000", "12,000", "3×5", "2", "2"],
        ["total", "1×7×8", "3,032", "12,180"],
    ]
    assert len({len(line) for line in text.splitlines()[:5]}) == 1


def test_shared_layers_count_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3, bias=False)

        def forward(self, image):
            return self.conv(self.conv(image))

    found = gv.summary(Twice(), (1, 9, 9))
    assert [row.parameters for row in found.rows] == [9, 0]
    assert [row.receptive_field for row in found.rows] == [(3, 3), (5, 5)]
    assert sum(row.multiply_adds for row in found.rows) == found.multiply_adds == 9 * (49 + 25)


def test_model_is_left_as_it_was():
    model = created("resnet18").train()
    model.bn1.eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    gv.summary(model, (1, 28, 28))
    assert model.training
    assert model.layer1[0].bn1.training
    assert not model.bn1.training
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_message_passing_sees_what_the_cnn_sees():
    cnn = created("lenet5")
    twin = gv.graphify(cnn, torch.zeros(1, 1, 28, 28))
    expected = gv.summary(cnn, (1, 28, 28))
    assert gv.summary(twin, (1, 28, 28)) == expected
    assert gv.summary(created("lenet5-graph"), (1, 28, 28)).rows == expected.rows


def test_notes():
    """What isn't known is said."""

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.mix = nn.Conv2d(1, 1, 3), nn.Bilinear(6, 6, 2)

        def forward(self, image):
            hidden = self.conv(image)
            return self.mix(hidden, hidden) if image.max() < 2 else hidden

    found = gv.summary(Odd(), (1, 8, 8))
    assert found.multiply_adds is None
    order, unknown = found.notes
    assert order.startswith("Layers in the order of their calls, not traced: TraceError")
    assert "'Bilinear'" in unknown
    assert "?" in str(found)
    assert unknown in str(found)


def test_errors():
    with pytest.raises(
        ValueError, match=r"`size` must be the channels, then 2 sides in pixels, got"
    ):
        gv.summary(created("lenet5"), (28, 28))
    with pytest.raises(ValueError, match="`model` must take images, got GCN, which takes graphs"):
        gv.summary(GCN(3), (1, 28, 28))
    with pytest.raises(KeyError, match=r"`name` must be one of .*, got 'conv9'"):
        gv.summary(created("lenet5"), (1, 28, 28))["conv9"]
