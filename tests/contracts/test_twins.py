"""Every image model of the registry and its twin of messages: equal outputs and gradients."""

import pytest
import torch

from graphvision import models
from tests.contracts.test_models import ORIGINALS, marked, trial_size
from tests.kernels.csr_cases import relative

IMAGE_MODELS = [n for n in ORIGINALS if models.model_class(n).input_kind == "image"]


def twins(name, **form):
    kind = models.model_class(name)
    shape = {"in_channels": 2, "image_size": trial_size(kind), "num_classes": 3}
    torch.manual_seed(0)
    cnn = models.create(name, **shape).double().train()
    net = models.create(f"{name}-graph", **shape, **form).double().train()
    net.load_state_dict(cnn.state_dict())
    return cnn, net, torch.rand(2, 2, *shape["image_size"], dtype=torch.float64)


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
    cnn, net, images = twins(name)
    assert list(net.state_dict()) == list(cnn.state_dict())
    got, want = results(net, images), results(cnn, images)
    for part, value in want.items():
        assert relative(got[part], value) <= 1e-10, part
    for part, value in cnn.state_dict().items():
        assert torch.equal(net.state_dict()[part], value), part
