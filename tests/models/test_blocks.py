import pytest
import torch
from torch import nn

import graphvision as gv
from graphvision.models import blocks, create

IMAGE = torch.zeros(1, 1, 28, 28)


def names(model, example=None, **options):
    return [block.name for block in blocks(model, example, **options)]


class Backwards(nn.Module):
    """Registered last to first, and one layer that nobody calls."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.last = nn.Linear(4, 2)
        self.unused = nn.Linear(3, 3)
        self.norm = nn.LayerNorm(4)
        self.first = nn.Linear(5, 4)

    def forward(self, x):
        assert self.last.weight.shape == (2, 4)  # looking at a shape is no use
        assert self.unused.weight.dim() == 2
        hidden = x @ self.first.weight.T + self.first.bias
        return self.last(self.norm(hidden) * self.scale)


@pytest.mark.parametrize("example", [None, IMAGE])
@pytest.mark.parametrize("name", ["lenet5", "lenet5-graph"])
def test_layers_of_lenet(name, example):
    found = blocks(create(name), example)
    assert [block.name for block in found] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    assert [block.parameters for block in found] == [156, 2416, 48120, 10164, 850]


@pytest.mark.parametrize("options", [{}, {"lower": False}])
def test_image_graphs_show_the_same(options):
    graph = gv.superpixel_graph(torch.rand(1, 28, 28), n_segments=12)
    assert names(create("lenet5-graph", **options), graph) == names(create("lenet5"))


def test_stages_of_resnet_with_norms_in_the_stage_before():
    net = create("resnet18")
    stages = ["conv1+bn1", "layer1", "layer2", "layer3", "layer4", "fc"]
    assert names(net) == names(net, IMAGE) == stages
    found = blocks(net, IMAGE)
    assert sorted(n for block in found for n in block.weights) == sorted(
        n for n, _ in net.named_parameters()
    )
    assert sum(block.parameters for block in found) == sum(p.numel() for p in net.parameters())


def test_depth_cuts_finer():
    net = create("vgg11_bn")
    assert names(net) == ["features", "classifier"]
    assert names(net, depth=2)[:2] == ["features.0+features.1", "features.4+features.5"]
    assert names(create("mlp"), depth=2) == ["layers.1", "layers.3", "layers.5"]
    assert names(create("lenet5"), depth=9) == names(create("lenet5"))


def test_order_is_that_of_the_forward_pass():
    found = blocks(Backwards(), torch.rand(2, 5))
    assert [block.modules for block in found] == [("first", "norm", ""), ("last",)]
    assert found[0].name == "first+norm+itself"
    assert found[0].weights[-1] == "scale"
    assert found[-1].weights == ("last.weight", "last.bias")


def test_vectors_at_the_beginning_belong_to_the_first_stage():
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), nn.PReLU(), nn.Linear(3, 1))
    assert names(net, torch.rand(2, 3)) == ["0+1+2", "3"]


def test_norms_without_parameters_go_with_their_stage():
    layers = [nn.Linear(3, 3), nn.BatchNorm1d(3, affine=False), nn.Linear(3, 1)]
    assert names(nn.Sequential(*layers), torch.rand(2, 3)) == ["0+1", "2"]


def test_the_network_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3).eval(), nn.Dropout())
    before = {name: value.clone() for name, value in net.state_dict().items()}
    blocks(net, torch.rand(4, 3))
    assert [layer.training for layer in net] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_edge_cases():
    assert blocks(nn.ReLU()) == blocks(nn.ReLU(), torch.ones(1)) == ()
    assert blocks(nn.BatchNorm1d(3, affine=False)) == ()
    assert [block.name for block in blocks(nn.Linear(2, 2))] == ["itself"]


def test_errors():
    with pytest.raises(ValueError, match="`depth` must be at least 1, got 0"):
        blocks(nn.Linear(2, 2), depth=0)
