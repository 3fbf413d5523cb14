"""Norms as functions are the layers of torch.nn, whose meaning on partitions has its own tests."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch_geometric.data import Batch

import graphvision as gv
from tests.convert.painted import check_equal
from tests.nn.painting import partition_graph, random_partition

LAYERS = {
    "batch": lambda: nn.BatchNorm2d(4, momentum=0.3),
    "instance": lambda: nn.InstanceNorm2d(4, eps=1e-3, affine=True),
    "instance-tracked": lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
    "group": lambda: nn.GroupNorm(2, 4),
    "no-weights": lambda: nn.GroupNorm(4, 4, affine=False),
}


class AsFunction(nn.Module):
    """The layer's function, called by code that torch.fx looks into."""

    def __init__(self, layer):
        super().__init__()
        self.kind = type(layer)
        self.settings = {name: getattr(layer, name, None) for name in ("eps", "momentum")}
        self.groups = getattr(layer, "num_groups", None)
        self.tracks = getattr(layer, "track_running_stats", False)
        for name in ("weight", "bias"):
            self.register_parameter(name, getattr(layer, name))
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, getattr(layer, name, None))

    def forward(self, x):
        own = self.weight, self.bias
        if self.kind is nn.GroupNorm:
            return F.group_norm(x, self.groups, *own, eps=self.settings["eps"])
        running = self.running_mean, self.running_var
        if self.kind is nn.BatchNorm2d:
            return F.batch_norm(x, *running, *own, self.training, **self.settings)
        of_input = self.training or not self.tracks
        return F.instance_norm(x, *running, *own, use_input_stats=of_input, **self.settings)


def graphs():
    made = [partition_graph(random_partition(i, (7, 6)), 4, i) for i in range(2)]
    return Batch.from_data_list(made)


def results(net, made):
    if isinstance(made, torch.Tensor):
        leaf = made = made.clone().requires_grad_()
    else:
        leaf = made.x = made.x.clone().requires_grad_()
    out = net(made)
    out = out.x if isinstance(out, gv.ImageGraph) else out
    found = torch.autograd.grad((out * torch.linspace(-1, 1, out.numel()).view(out.shape)).sum(),
                                [leaf, *net.parameters()])  # fmt: skip
    return {"output": out, **dict(enumerate(found))} | dict(net.named_buffers())


@pytest.mark.parametrize("form", [{}, {"lower": False}], ids=str)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_matches_the_layer(name, training, form):
    layer = LAYERS[name]().double()
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    images = torch.rand(2, 4, 7, 6, dtype=torch.float64)
    by_layer, by_function = (
        nn.Sequential(made).train(training) for made in (layer, AsFunction(layer))
    )
    for given in (images, graphs()):
        want, got = (
            results(gv.graphify(cnn, images, **form), given) for cnn in (by_layer, by_function)
        )
        want.pop("0.num_batches_tracked", None)
        check_equal(got, want, 1e-12)
