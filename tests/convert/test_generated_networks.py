"""Random networks as message passing: equal outputs and gradients, in every form."""

import pytest
import torch

import graphvision as gv
from tests.convert.generated import generated
from tests.kernels.csr_cases import relative

FORMS = ({}, {"lower": False}, {"backend": "reference"})


def results(network, images):
    images = images.clone().requires_grad_()
    out = network(images)
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
    leaves = [images, *network.parameters()]
    found = torch.autograd.grad((out * weight).sum(), leaves, allow_unused=True)
    return [out, *(g for g in found if g is not None)]


@pytest.mark.parametrize("seed", range(180))
def test_outputs_and_gradients(seed):
    network, images = generated(seed)
    want = results(network, images)
    for form in FORMS:
        got = results(gv.graphify(network, images, **form), images)
        assert len(got) == len(want)
        for mine, theirs in zip(got, want, strict=True):
            assert float((mine - theirs).detach().abs().max()) <= 1e-10 * max(
                1.0, float(theirs.detach().abs().max())
            )


@pytest.mark.parametrize("seed", range(0, 180, 6))
def test_training_mode(seed):
    network, images = generated(seed)
    network.train()
    net = gv.graphify(network, images)
    try:
        want = results(network, images)
    except ValueError:  # one value per channel can't be normalised in training
        with pytest.raises(ValueError, match="1 value per channel"):
            net(images)
        return
    for mine, theirs in zip(results(net, images), want, strict=True):
        assert relative(mine, theirs) <= 1e-10
    for name, value in network.state_dict().items():
        assert torch.equal(net.state_dict()[name], value)


@pytest.mark.parametrize("seed", range(0, 180, 6))
def test_every_layer_in_float32(seed):
    network, images = generated(seed)
    network, images = network.float(), images.float()
    report = gv.equivalence(network, gv.graphify(network, images), images)
    for row in report.layers:
        assert row.output <= 1e-4, row
