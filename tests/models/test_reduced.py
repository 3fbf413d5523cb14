import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.datasets import compose_scenes, load
from graphvision.models import Reduced, UNet, create
from graphvision.tasks import Places, Segmentation


@pytest.mark.parametrize(("name", "stride"), [("unet-half", 2), ("unet-quarter", 4)])
@pytest.mark.parametrize("size", [(32, 32), (30, 45)])
def test_a_cell_is_a_square_of_pixels(name, stride, size):
    net = create(name, num_classes=3, image_size=size, base=2, depth=2).eval()
    assert net.stride == stride
    places = Places.of_map(
        tuple(net(torch.rand(2, 1, *size)).shape[2:]), count=2, image_size=size, stride=net.stride
    )
    assert places.num_nodes == 2 * gv.patch_graph(torch.zeros(1, *size), stride).num_nodes


def test_sees_means_and_nothing_else():
    """The network on the means, computed by hand; squares that are cut off have fewer pixels."""
    torch.manual_seed(0)
    net = Reduced(2, 3, (10, 7), model="unet", factor=4, base=2, depth=1).double().eval()
    image = torch.rand(1, 2, 10, 7, dtype=torch.float64)
    means = torch.zeros(1, 2, 3, 2, dtype=torch.float64)
    for i in range(3):
        for j in range(2):
            square = image[:, :, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4]
            means[:, :, i, j] = square.mean((2, 3))
    torch.testing.assert_close(net(image), net.model(means), rtol=1e-12, atol=1e-12)
    assert isinstance(net.model, UNet)


def test_detector_is_built_for_the_reduced_image():
    """What a network derives from the size of its images follows the reduced image."""
    names = ("fcos", "fcos-half", "fcos-quarter")
    assert [create(name, image_size=(256, 256)).stride for name in names] == [8, 16, 16]


def test_answers_are_drawn_at_full_size():
    data = compose_scenes(load("fashion-mini", "test"), 2)
    truth, task = data.annotations(torch.arange(2)), Segmentation(data.classes)
    net = create("unet-half", in_channels=3, num_classes=11, image_size=(64, 64), base=2).eval()
    maps = net(gv.as_image(data.images))
    places = Places.of_map((32, 32), count=2, image_size=(64, 64), stride=net.stride)
    rows = task.rows(maps, places)
    wanted = F.interpolate(maps, (64, 64), mode="bilinear").argmax(1)
    assert torch.equal(task.decode(rows, places).semantic, wanted)
    target = task.target(truth, places)
    assert target.pixels.sum() == truth.semantic.numel()
    assert task.loss(rows, target, places).isfinite()


def test_errors():
    with pytest.raises(ValueError, match="`factor` must be at least 1, got 0"):
        Reduced(factor=0)
    for name in ("lenet5", "gcn"):
        with pytest.raises(ValueError, match=f"`model` must take images and give a map.*'{name}'"):
            Reduced(model=name)
