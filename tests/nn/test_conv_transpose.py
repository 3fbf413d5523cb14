import gc
import random
import weakref
from functools import partial

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare
from tests.nn.painting import check_centres, check_painting, partition_graph


def transposed_case(seed, dims=None):
    """A torch layer and an input size it fits."""
    rng = random.Random(seed)
    dims = dims or rng.choice([1, 2, 2, 3])
    kernel = tuple(rng.randint(1, 4) for _ in range(dims))
    stride = tuple(rng.randint(1, 3) for _ in range(dims))
    dilation = tuple(rng.randint(1, 2) for _ in range(dims))
    groups = rng.choice([1, 1, 2])
    layer = getattr(torch.nn, f"ConvTranspose{dims}d")(
        2,
        2 * groups,
        kernel,
        stride,
        padding=tuple(rng.randint(0, (k - 1) // 2) for k in kernel),
        output_padding=tuple(rng.randint(0, s - 1) for s in stride),
        groups=groups,
        bias=rng.random() < 0.7,
        dilation=dilation,
        dtype=torch.float64,
    )
    return layer, tuple(rng.randint(2, 5) for _ in range(dims))


def ours(layer, **form):
    return getattr(gv.nn, type(layer).__name__).from_torch(layer, **form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(60))
def test_matches_oracle(seed, form):
    layer, size = transposed_case(seed)
    image = torch.randn(2, 2, *size, dtype=torch.float64)
    compare(layer, ours(layer, **form), image, 1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_lowered_has_the_same_bits(seed):
    layer, size = transposed_case(seed)
    image = torch.randn(2, 2, *size).double()
    assert torch.equal(ours(layer)(image), layer(image))


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("seed", range(12))
def test_partitions_match_painting(seed, backend, onto):
    layer, _ = transposed_case(seed, 2)
    graph_layer = ours(layer, backend=backend)
    before, after = check_painting(
        graph_layer, layer, seed=seed, onto=onto, leaves=tuple(layer.parameters())
    )
    if not onto:
        check_centres(before, after, graph_layer.window)


def test_one_node_per_pixel_is_the_layer_itself():
    layer = torch.nn.ConvTranspose2d(2, 3, 4, 2, 1, dtype=torch.float64)
    graph = partition_graph(torch.randperm(30).view(5, 6), 2)
    finest = partition_graph(torch.randperm(120).view(10, 12), 1)
    out = ours(layer)(graph, onto=finest)
    want = layer(gv.rasterize(graph.x, graph)[None])[0]
    torch.testing.assert_close(gv.rasterize(out.x, out), want, rtol=1e-12, atol=1e-12)


def test_pixel_grids_are_lowered():
    layer, image = torch.nn.ConvTranspose2d(2, 3, 2, 2), torch.randn(2, 2, 5, 6)
    graph = gv.grid_graph(image)
    finest = gv.grid_graph(torch.zeros(2, 1, 10, 12))
    for out in (ours(layer)(graph), ours(layer)(graph, onto=finest)):
        assert torch.equal(gv.rasterize(out.x, out), ours(layer)(image))
    assert torch.equal(out.edge_index, finest.edge_index)


@pytest.mark.parametrize("form", FORMS)
def test_output_size(form):
    layer = torch.nn.ConvTranspose2d(2, 3, 3, 2, 1, dtype=torch.float64)
    image = torch.randn(2, 2, 4, 5, dtype=torch.float64)
    graph_layer = ours(layer, **form)
    for size in ((8, 9), (2, 3, 8, 9)):
        torch.testing.assert_close(graph_layer(image, size), layer(image, size))
    single = graph_layer(image[0], (7, 10))
    torch.testing.assert_close(single, layer(image[0], (7, 10)))
    assert graph_layer(gv.grid_graph(image), (8, 9)).size_hw == [(8, 9)] * 2
    with pytest.raises(ValueError, match=r"`output_size` must lie in"):
        graph_layer(image, (9, 9))


def test_round_trip_of_an_encoder():
    fine = gv.superpixel_graph(torch.rand(2, 12, 12), n_segments=20)
    coarse = gv.nn.Conv2d(2, 4, 2, 2)(fine)
    out = gv.nn.ConvTranspose2d(4, 2, 2, 2)(coarse, onto=fine)
    assert torch.equal(out.edge_index, fine.edge_index)
    assert torch.equal(out.assign, fine.assign)
    assert out.x.shape == fine.x.shape
    with pytest.raises(ValueError, match=r"`onto` must have the sizes \[\(12, 12\)\]"):
        gv.nn.ConvTranspose2d(4, 2, 2, 2)(coarse, onto=coarse)


def test_is_remembered_per_partition_and_lets_go():
    graph = partition_graph(torch.arange(6).view(2, 3) // 2, 1)
    one, two = (partition_graph(torch.arange(24).view(4, 6) // k, 1) for k in (2, 3))
    window = gv.nn.TransposedWindow.make(2, dims=2, stride=2)
    first = gv.nn.windowed_partition(graph, window, one)
    assert gv.nn.windowed_partition(graph, window, one) is first
    assert gv.nn.windowed_partition(graph, window, two) is not first
    assert first.topology.num_targets == 12
    one.assign[0] = 1
    assert gv.nn.windowed_partition(graph, window, one) is not first
    alive = [weakref.ref(g.assign) for g in (graph, one, two)]
    del graph, one, two
    gc.collect()
    assert [ref() for ref in alive] == [None] * 3


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("turned", [False, True])
def test_weights_at_the_call(turned, form):
    make = gv.nn.TransposedWindow.make if turned else gv.nn.Window.make
    function = F.conv_transpose2d if turned else F.conv2d
    layer = gv.nn.Convolution(make(3, dims=2, stride=2, padding=1), groups=2, **form)
    weight = torch.randn(4, 2 if turned else 1, 3, 3, dtype=torch.float64)
    weight = weight if turned else torch.randn(4, 2, 3, 3, dtype=torch.float64)
    bias = torch.randn(4, dtype=torch.float64)
    for values in (weight, 2 * weight):
        leaves = [values.detach().requires_grad_(), bias.clone().requires_grad_()]
        call = {"stride": 2, "padding": 1, "groups": 2}
        want = partial(function, weight=leaves[0], bias=leaves[1], **call)
        got = partial(layer, weight=leaves[0], bias=leaves[1])
        compare_functions(got, want, leaves)
        check_painting(got, want, channels=4, leaves=tuple(leaves))
    assert not list(layer.parameters())
    assert not layer.state_dict()
    with pytest.raises(ValueError, match=r"`input` must have shape \(b, 4, h, w\)"):
        layer(torch.rand(1, 3, 5, 5), weight)


def compare_functions(got, want, leaves):
    image = torch.randn(2, 4, 5, 6, dtype=torch.float64, requires_grad=True)
    results = []
    for function in (got, want):
        out = function(image)
        results.append((out, *torch.autograd.grad(out.sin().sum(), [image, *leaves])))
    for ours_, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours_, theirs, rtol=1e-11, atol=1e-12)


def test_reads_like_a_layer_of_torch():
    layer = gv.nn.ConvTranspose2d(3, 8, 4, 2, 1)
    want = "ConvTranspose2d(3, 8, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1))"
    assert repr(layer) == want
    image = torch.rand(2, 3, 5, 5)
    assert layer.multiply_adds((image,), layer(image)) == 2 * 25 * 3 * 8 * 16
    graph = gv.grid_graph(image)
    assert layer.multiply_adds((graph,), layer(graph)) == 2 * 100 * 3 * 8 * 16
    theirs = torch.nn.ConvTranspose2d(3, 8, 4, 2, 1)
    assert gv.nn.ConvTranspose2d.from_torch(theirs).weight is theirs.weight
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.ConvTranspose2d"):
        gv.nn.ConvTranspose2d.from_torch(torch.nn.Conv2d(1, 1, 1))
