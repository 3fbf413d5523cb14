"""Every image model of the registry and its twin of messages: equal outputs and gradients."""

import pytest
import torch
from torch import nn

from graphvision import models
from graphvision.convert import graphify
from tests.contracts.test_models import ORIGINALS, marked, trial_size
from tests.convert.painted import check_equal
from tests.convert.zoo import WIDE, slim

IMAGE_MODELS = [n for n in ORIGINALS if models.model_class(n).input_kind == "image"]

SMALL = {
    "segnet": {"base": 4},
    "unet": {"base": 4},
    "unet-half": {"base": 4},
    "unet-quarter": {"base": 4},
    "vit_small": {"width": 12, "depth": 2},
    "vit_tiny": {"width": 12, "depth": 2},
}


def case(name, count=2):
    """Arguments of a model, and images for it."""
    size = trial_size(models.model_class(name))
    torch.manual_seed(0)
    images = torch.rand(count, 2, *size, dtype=torch.float64)
    return {"in_channels": 2, "image_size": size, "num_classes": 3}, images


def results(network, images):
    images = images.clone().requires_grad_()
    torch.manual_seed(1)  # dropout
    out = network(images)
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
    names, parameters = zip(*network.named_parameters(), strict=True)
    found = torch.autograd.grad((out * weight).sum(), [images, *parameters])
    return dict(zip(("output", "image", *names), (out, *found), strict=True))


@pytest.mark.parametrize("name", marked(IMAGE_MODELS))
def test_lowered(name):
    shape, images = case(name)
    cnn = models.create(name, **shape).double().train()
    net = models.create(f"{name}-graph", **shape).double().train()
    net.load_state_dict(cnn.state_dict())
    assert list(net.state_dict()) == list(cnn.state_dict())
    check_equal(results(net, images), results(cnn, images))
    for part, value in cnn.state_dict().items():
        assert torch.equal(net.state_dict()[part], value), part


@pytest.mark.parametrize("name", marked(IMAGE_MODELS))
def test_reference(name):
    """Gather, ψ and scatter over all edges; fewer channels, and dropout off, whose draws differ."""
    few_values = name == "resnet50"  # norms of two pixels would turn roundings into 4e-8
    shape, images = case(name, 8 if few_values else 2)
    cnn = models.create(name, **shape, **SMALL.get(name, {}))
    cnn = (slim(cnn) if name in WIDE else cnn).double().train()
    for layer in cnn.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    net = graphify(cnn, images, lower=False, backend="reference")
    check_equal(results(net, images) | net.state_dict(), results(cnn, images) | cnn.state_dict())
