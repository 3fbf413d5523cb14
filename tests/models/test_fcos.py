import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.models import FCOS, create
from tests.models.graph_cases import trained


@pytest.mark.parametrize(("side", "stride"), [(64, 4), (127, 4), (128, 8), (256, 8)])
def test_stride_goes_with_the_size(side, stride):
    assert FCOS(image_size=(side, side)).stride == stride


@pytest.mark.parametrize("stride", [2, 4, 8, 16])
def test_a_cell_is_a_patch(stride):
    """The map has a cell for each patch of the image, those cut off by its border included."""
    net = FCOS(num_classes=7, stride=stride, base=2).eval()
    images = torch.rand(1, 1, 33, 40)
    patches = gv.patch_graph(images[0], patch_size=stride)
    assert net(images)[0, 0].numel() == patches.num_nodes
    assert net(images).shape[2] == -(-33 // stride)


def test_a_cell_sees_its_patch_in_the_middle():
    net = FCOS(num_classes=1, stride=4, base=4, depth=1).double().eval()
    image = torch.rand(1, 1, 96, 96, dtype=torch.float64, requires_grad=True)
    net(image)[0, 0, 12, 12].backward()
    seen = image.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert (seen.min() + seen.max()) / 2 == pytest.approx(12 * 4 + 1.5, abs=1.5)


def test_boxes_start_at_the_size_of_a_cell():
    """Distances are powers of e of the outputs: they start near e⁰, whatever the picture shows."""
    torch.manual_seed(0)
    net = FCOS(in_channels=3, num_classes=8, image_size=(64, 64))
    images = 3 * torch.randn(4, 3, 64, 64)
    assert net(images)[:, 3:7].abs().max() < 1.5


def test_as_message_passing_on_superpixels():
    net = create("fcos-graph", num_classes=7, image_size=(24, 24), base=2, stride=2).eval()
    out = net(gv.superpixel_graph(torch.rand(2, 1, 24, 24), 9))
    assert out.x.shape[1] == 7


def test_learns_where_the_bright_spots_are():
    images, where = torch.rand(16, 1, 16, 16) * 0.3, torch.arange(16)
    for image, cell in zip(images, where, strict=True):
        i, j = divmod(int(cell), 4)
        image[0, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4] += 0.7
    wanted = F.one_hot(where, 16).view(16, 1, 4, 4).float()
    torch.manual_seed(0)
    net = FCOS(num_classes=6, base=4, stride=4, depth=1)
    before, after = trained(
        net,
        (images,),
        lambda out: F.binary_cross_entropy_with_logits(out[:, :1], wanted),
        steps=60,
    )
    assert before > 0.2
    assert after < 0.05


def test_errors():
    with pytest.raises(ValueError, match="`stride` must be 2, 4, 8 or 16, got 3"):
        FCOS(stride=3)
    with pytest.raises(ValueError, match="`depth` must be at least 1, got 0"):
        FCOS(depth=0)
