import copy

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from tests.kernels.csr_cases import relative
from tests.nn.layer_cases import FORMS


def twins(dtype=torch.float64, **form):
    cnn = gv.models.create("lenet5").to(dtype)
    net = gv.models.create("lenet5-graph", **form).to(dtype)
    net.load_state_dict(cnn.state_dict())
    return cnn, net


@pytest.mark.parametrize("form", FORMS)
def test_matches_lenet5(form):
    cnn, net = twins(**form)
    results = []
    for model in (net, cnn):
        images = torch.linspace(0, 1, 4 * 784, dtype=torch.float64).view(4, 1, 28, 28).sin()
        images.requires_grad_()
        logits = model(images)
        loss = F.cross_entropy(logits, torch.arange(4))
        leaves = [images, *(p for _, p in sorted(model.named_parameters()))]
        results.append((logits, *torch.autograd.grad(loss, leaves)))
    for got, want in zip(*results, strict=True):
        assert relative(got, want) <= 1e-10


def test_training_steps_have_the_same_bits_as_channels_last_lenet5():
    cnn, net = (m.to(memory_format=torch.channels_last) for m in twins(torch.float32))
    steps = [torch.optim.AdamW(m.parameters(), lr=1e-3) for m in (cnn, net)]
    generator = torch.Generator().manual_seed(0)
    for _ in range(10):
        images = torch.rand(32, 1, 28, 28, generator=generator)
        images = images.contiguous(memory_format=torch.channels_last)
        labels = torch.randint(0, 10, (32,), generator=generator)
        for model, step in zip((cnn, net), steps, strict=True):
            step.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            step.step()
    for name, value in cnn.state_dict().items():
        assert torch.equal(net.state_dict()[name], value), name


def test_one_node_per_pixel_equals_the_image():
    _, net = twins()
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    grid = gv.grid_graph(images)
    torch.testing.assert_close(net(grid), net(images), rtol=1e-12, atol=1e-12)
    shuffled = torch.randperm(784).view(28, 28)
    graph = gv.image_graph(images[0], gv.Labels(shuffled))
    torch.testing.assert_close(net(graph)[0], net(images)[0], rtol=1e-10, atol=1e-10)


def test_superpixels_in_a_batch_equal_one_by_one():
    _, net = twins(torch.float32)
    images = torch.rand(3, 1, 28, 28)
    graphs = gv.superpixel_graph(images, n_segments=75)
    together = net(copy.copy(graphs))
    alone = torch.cat([net(g) for g in graphs.to_data_list()])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
