"""What every registered model promises; registering one puts it under these tests."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision import models
from graphvision.datasets import GraphStore, Recipe, load

PARAMETERS = {"lenet5": 61_706, "lenet5-graph": 61_706, "mlp": 118_282}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    images = load("fashion-mini", "test").subset(torch.arange(8))
    return GraphStore.build(images, Recipe(n_segments=20), tmp_path_factory.mktemp("store"))


@pytest.fixture(params=models.names())
def name(request):
    return request.param


@pytest.fixture
def shape(name, store):
    if models.model_class(name).input_kind == "image":
        return {"in_channels": 1, "image_size": (28, 28), "num_classes": 10}
    return {
        "in_features": store.in_features,
        "edge_features": store.edge_features,
        "num_classes": 10,
    }


@pytest.fixture
def inputs(name, store):
    """Gives the inputs at some indices."""
    images = load("fashion-mini", "test").images[:8].to(torch.float32) / 255
    if models.model_class(name).input_kind == "image":
        return lambda index: images[index].clone()
    return lambda index: store.batch(torch.as_tensor(index))


def fresh(name, shape):
    torch.manual_seed(0)
    return models.create(name, **shape)


def test_logits(name, shape, inputs):
    logits = fresh(name, shape)(inputs([0, 1, 2]))
    assert logits.shape == (3, 10)
    assert logits.isfinite().all()


def test_every_parameter_learns(name, shape, inputs):
    model = fresh(name, shape)
    labels = torch.arange(8)
    F.cross_entropy(model(inputs(list(range(8)))), labels).backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
    assert any(parameter.grad.abs().max() > 0 for parameter in model.parameters())


def test_one_step_lowers_the_loss(name, shape, inputs):
    model = fresh(name, shape)
    batch, labels = inputs(list(range(8))), torch.arange(8)
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    losses = []
    for _ in range(8):
        optimiser.zero_grad()
        loss = F.cross_entropy(model(batch), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_batch_equals_loop(name, shape, inputs):
    model = fresh(name, shape).eval()
    together = model(inputs([4, 0, 7]))
    alone = torch.cat([model(inputs([i])) for i in (4, 0, 7)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_answers_depend_on_the_image(name, shape, inputs):
    logits = fresh(name, shape).eval()(inputs([0, 1]))
    assert not torch.allclose(logits[0], logits[1])


def test_state_dict_round_trip(name, shape, inputs):
    model = fresh(name, shape)
    model(inputs([0, 1, 2, 3]))
    copy = models.create(name, **shape)
    copy.load_state_dict(model.state_dict())
    assert torch.equal(copy.eval()(inputs([5])), model.eval()(inputs([5])))


def test_same_seed_same_bits(name, shape, inputs):
    gradients = []
    for _ in range(2):
        model = fresh(name, shape)
        F.cross_entropy(model(inputs(list(range(8)))), torch.arange(8)).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert torch.equal(*gradients)


def test_number_of_classes(name, shape, inputs):
    assert models.create(name, **shape | {"num_classes": 3})(inputs([0, 1])).shape == (2, 3)


def test_parameters(name, shape):
    count = sum(parameter.numel() for parameter in fresh(name, shape).parameters())
    assert count == PARAMETERS.get(name, count)
    assert 0 < count < 1_000_000


def test_multiply_adds(name, shape, inputs):
    model = fresh(name, shape)
    one, four = (models.multiply_adds(model, inputs(index)) for index in ([0], [0] * 4))
    assert four == 4 * one > 10_000
    assert model.training
