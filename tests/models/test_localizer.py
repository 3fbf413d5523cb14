import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import Localizer
from tests.models.graph_cases import trained


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (64, 64), (70, 33)])
def test_any_size(size):
    assert Localizer(num_classes=7, base=2).eval()(torch.rand(2, 1, *size)).shape == (2, 7)


def test_learns_to_put_a_box():
    """Boxes as shares of the picture, (cx, cy, w, h), through a sigmoid."""
    images, boxes = torch.zeros(16, 1, 16, 16), torch.zeros(16, 4)
    for n in range(16):
        y, x, h, w = 4 * (n // 4), 4 * (n % 4), 2 + n % 3, 2 + n % 2
        images[n, 0, y : y + h, x : x + w] = 1.0
        boxes[n] = torch.tensor([x + w / 2, y + h / 2, w, h]) / 16
    torch.manual_seed(0)
    net = Localizer(num_classes=5, base=4, depth=2, hidden=32)
    before, after = trained(
        net, (images,), lambda out: F.l1_loss(torch.sigmoid(out[:, -4:]), boxes)
    )
    assert before > 0.1
    assert after < 0.04


def test_errors():
    with pytest.raises(ValueError, match="must be at least 1, got 0 and 3"):
        Localizer(base=0)
