import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision import models
from graphvision.train.fitted import Fitted, fitted

SHAPE = {"in_channels": 1, "num_classes": 10, "image_size": (28, 28)}
LIGHT = ("conv1d", "conv3d", "convnet", "lenet5-graph", "resnet18", "segnet", "unet", "unet-graph")


@pytest.mark.parametrize("name", LIGHT)
def test_every_kind_classifies_pictures(name):
    model = fitted(name, **SHAPE).eval()
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_what_fits_is_left_alone():
    assert type(fitted("lenet5", **SHAPE)) is models.LeNet5


def test_small_pictures_are_enlarged():
    model = fitted("alexnet", **SHAPE)
    image = torch.rand(1, 1, 28, 28)
    side = models.model_class("alexnet").smallest_image
    assert torch.equal(model.fit(image), F.interpolate(image, (side, side), mode="bilinear"))


def test_signals_are_rows_and_volumes_are_slices():
    image = torch.rand(2, 1, 28, 28)
    assert torch.equal(fitted("conv1d", **SHAPE).fit(image)[:, 0, 28:56], image[:, 0, 1])
    volume = fitted("conv3d", **SHAPE).fit(image)
    assert all(torch.equal(volume[:, :, k], image) for k in range(volume.shape[2]))


def test_answers_for_pixels_are_averaged():
    torch.manual_seed(0)
    model = fitted("unet", **SHAPE).eval()
    image = torch.rand(1, 1, 28, 28)
    assert isinstance(model, Fitted)
    torch.testing.assert_close(model(image), model.model(image).mean((2, 3)))


def test_errors():
    with pytest.raises(ValueError, match="`name` must be one of"):
        fitted("vgg12", **SHAPE)


def test_several_levels_at_once():
    heads, graphs = {"node": 3, "edge": 1}, {"in_features": 9, "edge_features": 4}
    for name in ("residual-gated", "superpixel-net", "graph-unet"):
        assert fitted(name, heads=heads, **graphs).level is None
    assert fitted("hybrid", heads=heads, **SHAPE | graphs).level is None
    for name, shape in (("unet", SHAPE), ("gcn", graphs), ("gatv2", graphs)):
        with pytest.raises(ValueError, match=rf"each of \['node', 'edge'\] at once, got '{name}'"):
            fitted(name, heads=heads, **shape)
