"""What every registered model promises; registering one puts it under these tests."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision import models
from graphvision.datasets import GraphStore, Recipe, load

PARAMETERS = {"lenet5": 61_706, "mlp": 118_282}
HEAVY = ("alexnet", "resnet50", "vgg11", "vgg11_bn", "vgg16", "vgg16_bn", "vit_small")
SIDES = {1: (64,), 2: (28, 28), 3: (12, 12, 12)}


def trial_size(cls):
    """The image size of these tests: that of Fashion-MNIST where the model can take it."""
    return tuple(max(side, cls.smallest_image) for side in SIDES[cls.dims])


def trial_inputs(size):
    """Eight items of Fashion-MNIST as signals, images or volumes ``[8, 1, *size]``."""
    images = load("fashion-mini", "test").images[:8].to(torch.float32) / 255
    if len(size) == 1:
        images = images.flatten(2)
    if len(size) == 3:
        images = images[:, :, None] * torch.linspace(0, 1, size[0])[:, None, None]
    return F.interpolate(images, size)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    images = load("fashion-mini", "test").subset(torch.arange(8))
    return GraphStore.build(images, Recipe(n_segments=20), tmp_path_factory.mktemp("store"))


def marked(names):
    return [pytest.param(n, marks=[pytest.mark.slow] if n in HEAVY else []) for n in names]


ORIGINALS = [n for n in models.names() if not n.endswith("-graph")]


@pytest.fixture(params=marked(ORIGINALS))
def name(request):
    return request.param


@pytest.fixture
def kind(name):
    return models.model_class(name)


@pytest.fixture
def shape(kind, store):
    graph = {"in_features": store.in_features, "edge_features": store.edge_features}
    return {"num_classes": 10} | {
        "image": lambda: {"in_channels": 1, "image_size": trial_size(kind)},
        "graph": lambda: graph,
        "both": lambda: {"in_channels": 1} | graph,
    }[kind.input_kind]()


@pytest.fixture
def inputs(kind, store):
    """Gives the inputs at some indices; several arguments as a tuple."""
    graphs = lambda index: store.batch(torch.as_tensor(index))  # noqa: E731
    if kind.input_kind == "graph":
        return graphs
    signals = trial_inputs(trial_size(kind) if kind.input_kind == "image" else SIDES[2])
    if kind.input_kind == "image":
        return lambda index: signals[index].clone()
    return lambda index: (signals[index].clone(), graphs(index))


def arguments(batch):
    return batch if isinstance(batch, tuple) else (batch,)


def run(model, batch):
    return model(*arguments(batch))


def answer_shape(model, batch, classes):
    """Logits of each image, of each cell of its map, or of each node, as the model says."""
    if getattr(model, "level", None) == "node":
        return (batch.num_nodes, classes)
    if getattr(model, "output_kind", "image") == "image":
        return (getattr(batch, "num_graphs", len(batch)), classes)
    images = batch[0] if isinstance(batch, tuple) else batch
    stride = getattr(model, "stride", 1)
    return (len(images), classes, *(-(-side // stride) for side in images.shape[2:]))


def targets(logits, batch):
    """A class for each of eight images, or for each of their places."""
    images = torch.arange(8)
    if len(logits) != len(images):
        return images[batch.batch]
    places = logits.shape[2:]
    return images.view(-1, *(1 for _ in places)).expand(-1, *places)


def loss_of(model, batch):
    logits = run(model, batch)
    return F.cross_entropy(logits, targets(logits, batch))


def fresh(name, shape):
    torch.manual_seed(0)
    return models.create(name, **shape)


def test_logits(name, shape, inputs):
    model, batch = fresh(name, shape), inputs([0, 1, 2])
    logits = run(model, batch)
    assert logits.shape == answer_shape(model, batch, 10)
    assert logits.isfinite().all()


def test_every_parameter_learns(name, shape, inputs):
    model = fresh(name, shape)
    loss_of(model, inputs(list(range(8)))).backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
    assert any(parameter.grad.abs().max() > 0 for parameter in model.parameters())


def test_one_step_lowers_the_loss(name, shape, inputs):
    model = fresh(name, shape)
    for layer in model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0  # the noise would hide a small step
    batch = inputs(list(range(8)))
    rate = 1e-4 if name in HEAVY else 1e-3
    optimiser = torch.optim.Adam(model.parameters(), rate)
    losses = []
    for _ in range(8):
        optimiser.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_batch_equals_loop(name, shape, inputs):
    model = fresh(name, shape).eval()
    together = run(model, inputs([4, 0, 7]))
    alone = torch.cat([run(model, inputs([i])) for i in (4, 0, 7)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_answers_depend_on_the_image(name, shape, inputs):
    logits = run(fresh(name, shape).eval(), inputs([0, 1]))
    assert not torch.allclose(logits[0], logits[1])


def test_state_dict_round_trip(name, shape, inputs):
    model = fresh(name, shape)
    run(model, inputs([0, 1, 2, 3]))
    copy = models.create(name, **shape)
    copy.load_state_dict(model.state_dict())
    assert torch.equal(run(copy.eval(), inputs([5])), run(model.eval(), inputs([5])))


def test_same_seed_same_bits(name, shape, inputs):
    gradients = []
    for _ in range(2):
        model = fresh(name, shape)
        loss_of(model, inputs(list(range(8)))).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert torch.equal(*gradients)


def test_number_of_classes(name, shape, inputs):
    model, batch = models.create(name, **shape | {"num_classes": 3}), inputs([0, 1])
    assert run(model, batch).shape == answer_shape(model, batch, 3)


def test_parameters(name, shape):
    count = sum(parameter.numel() for parameter in fresh(name, shape).parameters())
    assert count == PARAMETERS.get(name, count)
    assert 0 < count < 150_000_000


def test_multiply_adds(name, shape, inputs):
    model = fresh(name, shape)
    counts = [[0], [0] * 4]
    one, four = (models.multiply_adds(model, *arguments(inputs(index))) for index in counts)
    assert four == 4 * one > 10_000
    assert model.training


# What answers at several levels: the rows of each, one after the other.
LEVELLED = [n for n in ORIGINALS if hasattr(models.model_class(n), "levels")]


@pytest.mark.parametrize("name", LEVELLED, indirect=True)
def test_levels(name, kind, shape, inputs):
    """Each level alone and all at once: one row for each graph, node, edge or pixel."""
    batch = inputs([0, 1, 2])
    graph = batch[1] if isinstance(batch, tuple) else batch
    rows = {"graph": 3, "node": graph.num_nodes, "edge": graph.num_edges, "pixels": 3}
    widths = {level: 2 + place for place, level in enumerate(kind.levels)}
    found = run(models.create(name, **shape, heads=widths), batch)
    assert set(found) == set(kind.levels)
    for level, width in widths.items():
        assert found[level].shape[:2] == (rows[level], width)
        alone = run(models.create(name, **shape, level=level), batch)
        assert alone.shape[:2] == (rows[level], 10)
    with pytest.raises(ValueError, match="`level` must be one of"):
        models.create(name, **shape, level="universe")


@pytest.mark.parametrize("name", LEVELLED, indirect=True)
def test_both_directions_of_an_edge_agree(name, shape, inputs):
    batch = inputs([0, 1])
    graph = batch[1] if isinstance(batch, tuple) else batch
    found = run(fresh(name, shape | {"level": "edge"}).eval(), batch)
    place = {tuple(edge): e for e, edge in enumerate(graph.edge_index.T.tolist())}
    back = [place[j, i] for i, j in graph.edge_index.T.tolist()]
    assert torch.equal(found[back], found)
    assert found.std(0).min() > 0


@pytest.mark.parametrize("name", LEVELLED, indirect=True)
def test_nothing_to_hear(name, kind, shape, inputs):
    """One node, no edge: finite answers and gradients, in training, too."""
    images = trial_inputs(SIDES[2])[:1]
    graph = gv.image_graph(images, gv.Labels(torch.zeros(1, 28, 28, dtype=torch.int64)), "border")
    widths = dict.fromkeys(kind.levels, 2)
    sizes = {"in_features": graph.x.shape[1], "edge_features": graph.edge_attr.shape[1]}
    model = models.create(name, **shape | sizes, heads=widths)
    found = run(model, (images, graph) if isinstance(inputs([0]), tuple) else graph)
    sum(part.square().sum() for part in found.values()).backward()
    assert all(part.isfinite().all() for part in found.values())
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), parameter_name


IMAGE_MODELS = [n for n in ORIGINALS if models.model_class(n).input_kind == "image"]


@pytest.mark.parametrize("name", marked(IMAGE_MODELS), indirect=True)
def test_smallest_image(name, kind):
    """The size that a model states is enough, and one pixel less is refused by name."""
    size = (kind.smallest_image,) * kind.dims
    with torch.no_grad():
        logits = models.create(name, image_size=size).eval()(torch.rand(1, 1, *size))
    assert logits.isfinite().all()
    with pytest.raises(ValueError, match="`image_size` must be"):
        models.create(name, image_size=(kind.smallest_image - 1,) * kind.dims)


# What takes image graphs too asks for the kind of its input, which torch.fx can't tell.
PLAIN_MODELS = [n for n in IMAGE_MODELS if not n.endswith("-graph")]


@pytest.mark.parametrize("name", marked(PLAIN_MODELS), indirect=True)
def test_trace_has_the_same_bits(name, shape, inputs):
    """The data flow is open to torch.fx: nothing depends on values."""
    model = fresh(name, shape).eval()
    traced = torch.fx.symbolic_trace(model)
    assert torch.equal(traced(inputs([0, 1])), model(inputs([0, 1])))
