import copy

import pytest
import torch
from torch import nn

import graphvision as gv
from tests.kernels.csr_cases import relative
from tests.nn.layer_cases import compare
from tests.nn.norm_cases import (
    FORMS,
    check_against,
    check_pixels_are_the_image,
    graphs_of,
    painted,
    region_means,
)
from tests.nn.test_partition_layers import partition_graph

OPTIONS = [
    {},
    {"momentum": None},
    {"track_running_stats": False},
    {"affine": False},
    {"affine": False, "track_running_stats": False, "eps": 1e-2},
    {"affine": True, "track_running_stats": True, "momentum": 0.3},
]


def pair(kind, options, **form):
    """A torch layer with random parameters and ours, which share nothing."""
    theirs = getattr(nn, kind)(3, **options, dtype=torch.float64)
    for tensor in (*theirs.parameters(), *theirs.buffers()):
        if tensor.is_floating_point():
            tensor.data.uniform_(0.5, 1.5)
    return theirs, getattr(gv.nn, kind).from_torch(copy.deepcopy(theirs), **form)


def pixels_normed(flat_layer, graphs, *, whole):
    """``flat_layer``, torch's 1-D layer, on the pixels that count, then means over regions."""

    def run(x):
        images = painted(graphs, x)
        if whole:
            images = [tuple(torch.cat(parts, -1) for parts in zip(*images, strict=True))]
        nodes = torch.cat([node for _, node in images])
        out = torch.cat([flat_layer(pixels[None])[0] for pixels, _ in images], 1)
        return region_means(out, nodes, len(x))

    return run


def flat(theirs, kind):
    """Torch's 1-D layer with the parameters and buffers of a 2-D layer."""
    layer = getattr(nn, f"{kind}1d")(3, theirs.eps, theirs.momentum)
    layer.__dict__.update(theirs.__dict__)
    return layer


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_batch_norm_matches_oracle(seed, training, options, form):
    theirs, ours = pair("BatchNorm2d", options, **form)
    theirs.train(training)
    ours.train(training)
    graphs = graphs_of(seed, 3)
    meaning = pixels_normed(flat(theirs, "BatchNorm"), graphs, whole=True)
    check_against_both(ours, theirs, graphs, meaning)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_instance_norm_matches_oracle(seed, training, options, form):
    options = {k: v for k, v in options.items() if k != "momentum" or v is not None}
    theirs, ours = pair("InstanceNorm2d", options, **form)
    theirs.train(training)
    ours.train(training)
    graphs = graphs_of(seed, 3)
    flat_layer = flat(theirs, "InstanceNorm")
    start = {k: v.clone() for k, v in theirs.named_buffers()}
    ends = []

    def each_from_the_start(pixels):
        for name, buffer in theirs.named_buffers():
            buffer.copy_(start[name])
        out = flat_layer(pixels)
        ends.append({k: v.clone() for k, v in theirs.named_buffers()})
        return out

    meaning = pixels_normed(each_from_the_start, graphs, whole=False)
    check_against_both(ours, theirs, graphs, meaning, buffers=False)
    for name, buffer in ours.named_buffers():
        want = torch.stack([end[name].double() for end in ends]).mean(0)
        assert relative(buffer.double(), want) <= 1e-12


def check_against_both(ours, theirs, graphs, meaning, *, buffers=True):
    """Gradients of parameters are compared through one set of them; then the buffers."""
    for name, parameter in theirs.named_parameters():
        ours.register_parameter(name, parameter)
    check_against(ours, graphs, meaning, list(theirs.parameters()))
    for got, want in zip(ours.buffers(), theirs.buffers() if buffers else (), strict=False):
        assert relative(got.double(), want.double()) <= 1e-12


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ["BatchNorm", "InstanceNorm"])
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_images_match_torch(form, dims, kind, training):
    for options in OPTIONS[-2:]:
        theirs, ours = pair(f"{kind}{dims}d", options, **form)
        image = torch.randn(2, 3, *(4, 5, 3)[:dims], dtype=torch.float64)
        compare(theirs.train(training), ours.train(training), image, 1e-12)
        for got, want in zip(ours.buffers(), theirs.buffers(), strict=True):
            assert torch.equal(got, want) if not form else relative(got, want) <= 1e-12
        assert torch.equal(ours(image), theirs(image)) or form
        if kind == "InstanceNorm":
            compare(theirs, ours, image[0], 1e-12)
    theirs, ours = pair("BatchNorm1d", {}, **form)
    compare(theirs, ours, torch.randn(4, 3, dtype=torch.float64), 1e-12)


@pytest.mark.parametrize("kind", ["BatchNorm2d", "InstanceNorm2d"])
@pytest.mark.parametrize("training", [True, False])
def test_pixels_are_the_image(training, kind):
    theirs, ours = pair(kind, OPTIONS[-1])
    for form in (ours, type(ours).from_torch(copy.deepcopy(theirs), lower=False)):
        image = torch.randn(2, 3, 4, 5, dtype=torch.float64)
        check_pixels_are_the_image(
            form.train(training), copy.deepcopy(theirs).train(training), image
        )


def test_a_masked_image_painted_whole_equals_torch():
    labels = torch.arange(6).repeat_interleave(4).view(4, 6)
    graph = partition_graph(labels, 3)
    theirs, ours = pair("BatchNorm2d", {})
    want = theirs(gv.rasterize(graph.x, graph)[None])[0]
    out = ours(graph)
    torch.testing.assert_close(out.x, gv.pool_pixels(want, graph), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(ours.running_var, theirs.running_var, rtol=1e-12, atol=0)


def test_same_objects_under_the_same_names():
    theirs = nn.BatchNorm2d(3)
    theirs(torch.rand(2, 3, 4, 4))
    ours = gv.nn.BatchNorm2d.from_torch(theirs.eval())
    assert not ours.training
    assert list(ours.state_dict()) == list(theirs.state_dict())
    pairs = zip(
        [*ours.parameters(), *ours.buffers()],
        [*theirs.parameters(), *theirs.buffers()],
        strict=True,
    )
    assert all(a is b for a, b in pairs)
    assert gv.nn.SyncBatchNorm.from_torch(nn.SyncBatchNorm(3)).num_features == 3


def test_float32_and_half():
    graphs = graphs_of(5, 3)
    _, ours = pair("InstanceNorm2d", OPTIONS[-1])
    wide = [ours(g).x for g in graphs]
    for dtype, bound in ((torch.float32, 1e-5), (torch.bfloat16, 2e-2)):
        for graph, want in zip(graphs, wide, strict=True):
            narrow = graph.clone()
            narrow.x = graph.x.to(dtype)
            out = ours.float()(narrow).x
            assert out.dtype == dtype
            assert relative(out.double(), want) <= bound


def test_the_wide_area_of_a_graph_is_let_go():
    import gc
    import weakref

    graph = graphs_of(1, 3, count=1)[0]
    gv.nn.BatchNorm2d(3, dtype=torch.float64)(graph)
    area = weakref.ref(graph.area)
    del graph
    gc.collect()
    assert area() is None


def test_edge_cases():
    one_node = partition_graph(torch.zeros(3, 3, dtype=torch.int64), 3)
    for kind in ("BatchNorm2d", "InstanceNorm2d"):
        layer = getattr(gv.nn, kind)(3, affine=True, track_running_stats=True, dtype=torch.float64)
        assert layer(one_node).x.abs().max() == 0
        torch.testing.assert_close(layer.running_mean, one_node.x[0] * 0.1)
        torch.testing.assert_close(layer.running_var, torch.full((3,), 0.9, dtype=torch.float64))


@pytest.mark.parametrize("kind", ["BatchNorm2d", "InstanceNorm2d"])
def test_errors(kind):
    one_pixel = partition_graph(torch.zeros(1, 1, dtype=torch.int64), 3)
    layer = getattr(gv.nn, kind)(3, dtype=torch.float64, lower=False)
    with pytest.raises(ValueError, match=r"`input` must have more than 1 pixel .* got 1"):
        layer(one_pixel)
    with pytest.raises(ValueError, match=r"`input` must have more than 1 pixel .* got 1"):
        layer(torch.rand(1, 3, 1, 1, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"`x` must have 4 channels, got 3"):
        getattr(gv.nn, kind)(4)(one_pixel)
    with pytest.raises(ValueError, match=r"must be a graph of 1-D images, got 2-D"):
        getattr(gv.nn, kind.replace("2", "1"))(3)(one_pixel)
    with pytest.raises(ValueError, match=r"`input` must have shape \(b, 3, \*size\)"):
        layer(torch.rand(1, 4, 2, 2))
    with pytest.raises(ValueError, match=r"`backend` must be one of"):
        getattr(gv.nn, kind)(3, backend="fortran")
    with pytest.raises(ValueError, match=rf"`module` must be a torch.nn.{kind}, got Linear"):
        getattr(gv.nn, kind).from_torch(nn.Linear(1, 1))
