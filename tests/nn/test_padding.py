import random
from math import inf

import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare
from tests.nn.painting import check_centres, check_painting, paint, partition_graph

KINDS = ["ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad"]


def padding_case(seed, kind, dims=None):
    rng = random.Random(seed)
    dims = dims or rng.choice([1, 2, 3])
    crops = kind in ("ZeroPad", "ConstantPad", "ReplicationPad")
    sides = tuple(rng.randint(-1 if crops else 0, 3) for _ in range(2 * dims))
    args = (rng.choice([sides, 2]),) + ((rng.choice([0.0, 1.5]),) if kind == "ConstantPad" else ())
    return getattr(torch.nn, f"{kind}{dims}d")(*args), tuple(rng.randint(4, 6) for _ in range(dims))


def ours(layer, **form):
    return getattr(gv.nn, type(layer).__name__).from_torch(layer, **form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(10))
def test_matches_oracle(seed, kind, form):
    layer, size = padding_case(seed, kind)
    image = torch.randn(2, 3, *size, dtype=torch.float64)
    compare(layer, ours(layer, **form), image, 1e-14)
    assert torch.equal(ours(layer, **form)(image[0]), layer(image)[0])


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_partitions_match_painting(seed, kind, onto):
    layer, _ = padding_case(seed, kind, 2)
    graph_layer = ours(layer)
    before, after = check_painting(graph_layer, layer, seed=seed, onto=onto)
    if not onto and getattr(layer, "value", 0) == 0:
        check_centres(before, after, graph_layer.window)


@pytest.mark.parametrize("kind", KINDS[:4])
@pytest.mark.parametrize("seed", range(6))
def test_painted_it_is_the_layer_itself_on_any_partition(seed, kind):
    layer, size = padding_case(seed, kind, 2)
    graph = partition_graph(torch.randint(0, 6, size), 2)
    out = ours(layer)(graph)
    want = layer(paint(graph, 0.0)[None])[0]
    torch.testing.assert_close(paint(out, 0.0), want, rtol=1e-13, atol=0)


def test_zeros_then_a_convolution_is_a_padded_convolution():
    graph = partition_graph(torch.randint(-1, 9, (8, 7)), 2)
    layer = gv.nn.Conv2d(2, 3, 3, dtype=torch.float64)
    padded = gv.nn.Conv2d(2, 3, 3, padding=1, dtype=torch.float64)
    padded.load_state_dict(layer.state_dict())
    out, want = layer(gv.nn.ZeroPad2d(1)(graph)), padded(graph)
    assert torch.equal(out.assign, want.assign)
    torch.testing.assert_close(out.x, want.x, rtol=1e-12, atol=1e-13)


def test_minus_infinity_then_a_maximum_is_a_padded_maximum():
    graph = partition_graph(torch.randint(0, 9, (8, 7)), 2)
    out = gv.nn.MaxPool2d(3, 2)(gv.nn.ConstantPad2d(1, -inf)(graph))
    want = gv.nn.MaxPool2d(3, 2, 1)(graph)
    assert torch.equal(out.x, want.x)
    image = torch.rand(1, 1, 3, 3)
    assert torch.equal(gv.nn.ConstantPad2d(1, -inf)(image), torch.nn.ConstantPad2d(1, -inf)(image))


def test_errors():
    with pytest.raises(ValueError, match=r"`padding` must be smaller than the image"):
        gv.nn.ReflectionPad2d(3)(torch.rand(1, 1, 3, 3))
    with pytest.raises(ValueError, match=r"`padding` must leave pixels of the image"):
        gv.nn.ZeroPad1d(-2)(torch.rand(1, 1, 4))
    with pytest.raises(ValueError, match=r"`padding` must be 4 integers"):
        gv.nn.ZeroPad2d((1, 2))
    with pytest.raises(ValueError, match=r"`input` must have shape"):
        gv.nn.ConstantPad2d(1, 2.0)(torch.rand(3))
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.ZeroPad2d"):
        gv.nn.ZeroPad2d.from_torch(torch.nn.ZeroPad1d(1))
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.ConstantPad1d"):
        gv.nn.ConstantPad1d.from_torch(torch.nn.ZeroPad1d(1))
