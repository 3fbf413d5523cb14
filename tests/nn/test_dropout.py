import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

import graphvision as gv
from tests.nn.norm_cases import graphs_of

ELEMENTS = ["Dropout", "AlphaDropout"]
CHANNELS = ["Dropout2d", "FeatureAlphaDropout"]
SHAPES = {"Dropout1d": (2, 3, 5), "Dropout3d": (2, 3, 2, 2, 2)}


def seeded(run):
    torch.manual_seed(7)
    return run()


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", [*ELEMENTS, *CHANNELS, *SHAPES])
def test_images_match_torch(kind, p):
    theirs = getattr(nn, kind)(p)
    ours = getattr(gv.nn, kind).from_torch(theirs)
    image = torch.randn(SHAPES.get(kind, (2, 3, 4, 5)))
    assert torch.equal(seeded(lambda: ours(image)), seeded(lambda: theirs(image)))
    assert repr(ours) == repr(theirs)
    assert torch.equal(ours.eval()(image), image)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", CHANNELS)
def test_channels_of_images_match_the_painted_images(kind, p):
    batch = Batch.from_data_list(graphs_of(3, 5, size=(4, 6)))
    batch.x.requires_grad_()
    theirs = getattr(nn, kind)(p)
    ours = getattr(gv.nn, kind).from_torch(theirs)
    painted = gv.rasterize(batch.x, batch)
    want = gv.pool_pixels(seeded(lambda: theirs(painted)), batch)
    got = seeded(lambda: ours(batch)).x
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)
    grads = [torch.autograd.grad(out.square().sum(), batch.x)[0] for out in (got, want)]
    torch.testing.assert_close(*grads, rtol=1e-12, atol=1e-12)
    assert ours.eval()(batch).x is batch.x


@pytest.mark.parametrize("kind", [*CHANNELS, "Dropout1d", "Dropout3d"])
def test_one_drawing_per_image_and_channel(kind):
    """On graphs of any dimension; a single image is one of a batch of one."""
    size, cells = {
        "Dropout1d": ((6,), gv.Samples()),
        "Dropout3d": ((2, 3, 2), gv.Voxels()),
    }.get(kind, ((2, 3), gv.Pixels()))
    graphs = [gv.image_graph(torch.ones(64, *size), cells) for _ in range(4)]
    layer = getattr(gv.nn, kind)(0.4)
    out = layer(Batch.from_data_list(graphs)).x.view(4, -1, 64)
    assert torch.equal(out, out[:, :1].expand_as(out))
    assert out[0, 0].ne(out[1, 0]).any()
    high = out.amax()
    assert (out[:, 0] == high).double().mean().item() == pytest.approx(0.6, abs=0.1)
    assert layer(graphs[0]).x.unique(dim=0).shape == (1, 64)


@pytest.mark.parametrize("kind", ELEMENTS)
def test_elements_are_drawn_one_by_one(kind):
    graph = gv.grid_graph(torch.rand(3, 4, 5))
    theirs = getattr(nn, kind)(0.4)
    ours = getattr(gv.nn, kind).from_torch(theirs)
    out = seeded(lambda: ours(graph))
    assert torch.equal(out.x, seeded(lambda: theirs(graph.x)))
    assert torch.equal(out.edge_index, graph.edge_index)
    assert torch.equal(ours.eval()(graph).x, graph.x)
    overwritten = gv.nn.Dropout(0.4, inplace=True)(graph).x
    assert overwritten is graph.x


def test_graphs_are_never_overwritten_by_channels():
    graph = gv.grid_graph(torch.rand(3, 4, 5))
    before = graph.x.clone()
    gv.nn.Dropout2d(0.9, inplace=True)(graph)
    assert torch.equal(graph.x, before)


def test_errors():
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.Dropout2d, got Dropout"):
        gv.nn.Dropout2d.from_torch(nn.Dropout())
