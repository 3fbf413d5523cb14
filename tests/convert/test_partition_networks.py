"""Networks on random partitions against project-and-repaint."""

import pytest
import torch
from torch import nn

import graphvision as gv
from tests.convert.networks import Residual
from tests.convert.painted import painted
from tests.kernels.csr_cases import relative
from tests.nn.test_partition_layers import paint, partition_graph, random_partition


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


def case(make, size, masked, seed):
    torch.manual_seed(seed)
    network = make().double().eval()
    labels = random_partition(seed, size)
    if not masked:
        labels = labels.clamp(min=0)
    graph = partition_graph(labels, 3, seed)
    return network, labels, graph


def check(network, labels, graph, tolerance=1e-10):
    image = paint(graph, 0.0)[None].requires_grad_()
    expected = painted(network, image, labels)
    graph.x.requires_grad_()
    net = gv.graphify(network, graph)
    out = net(graph)
    if isinstance(out, gv.ImageGraph):
        out = paint(out, 0.0)[None]
    assert relative(out, expected) < tolerance
    weight = torch.randn_like(expected)
    got = torch.autograd.grad((out * weight).sum(), [graph.x, *net.parameters()])
    want = torch.autograd.grad((expected * weight).sum(), [image, *network.parameters()])
    flat = torch.where(graph.assign < 0, len(graph.x), graph.assign)
    nodes = torch.zeros(len(graph.x) + 1, graph.x.shape[1], dtype=torch.float64)
    nodes.index_add_(0, flat, want[0][0].flatten(1).T)
    for a, b in zip(got, (nodes[:-1], *want[1:]), strict=True):
        if float(b.abs().max()) > 1e-12:
            assert relative(a, b) < tolerance


@pytest.mark.parametrize("seed", range(36))
@pytest.mark.parametrize(("make", "size", "masked"), CASES)
def test_project_and_repaint(make, size, masked, seed):
    check(*case(make, size, masked, seed))
