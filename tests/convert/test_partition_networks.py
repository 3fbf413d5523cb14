"""Networks on random partitions against project-and-repaint."""

import pytest
import torch
from torch import nn

from tests.convert.networks import Residual
from tests.convert.painted import check_painted
from tests.nn.painting import partition_graph, random_partition


class ConvNet(nn.Sequential):
    """Strides, overlapping pools, padding modes; the result is an image."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 4, 5, 2, 2),
            nn.LeakyReLU(0.1),
            nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(4, 6, 3, padding=1, padding_mode="replicate"),
            nn.GELU(),
            nn.AvgPool2d(3, 1, 1),
            nn.Conv2d(6, 2, 3, dilation=2, padding=2, groups=2),
        )


class LeNet(nn.Sequential):
    """LeNet-5's layers, each a module."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(16 * 9, 12), nn.ReLU(), nn.Linear(12, 10),
        )  # fmt: skip


CASES = [(ConvNet, (19, 22), True), (LeNet, (20, 20), True), (Residual, (16, 15), False)]


@pytest.mark.parametrize("seed", range(36))
@pytest.mark.parametrize(("make", "size", "masked"), CASES)
def test_project_and_repaint(make, size, masked, seed):
    torch.manual_seed(seed)
    labels = random_partition(seed, size)
    labels = labels if masked else labels.clamp(min=0)
    check_painted(make().double().eval(), [partition_graph(labels, 3, seed)])
