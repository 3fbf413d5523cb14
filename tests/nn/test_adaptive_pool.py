import random

import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare
from tests.nn.painting import check_painting, paint, partition_graph, random_batch, random_partition


def adaptive_case(seed, kind, dims=None):
    rng = random.Random(seed)
    dims = dims or rng.choice([1, 2, 2, 3])
    sizes = tuple(rng.choice([1, 2, 3, 7, *([None] * (dims > 1))]) for _ in range(dims))
    layer = getattr(torch.nn, f"Adaptive{kind}Pool{dims}d")
    return layer(rng.choice([sizes, 1, 2])), tuple(rng.randint(1, 6) for _ in range(dims))


def ours(layer, **form):
    return getattr(gv.nn, type(layer).__name__).from_torch(layer, **form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["Avg", "Max"])
@pytest.mark.parametrize("seed", range(25))
def test_matches_oracle(seed, kind, form):
    layer, size = adaptive_case(seed, kind)
    image = torch.randn(2, 3, *size, dtype=torch.float64).mul(2).round()
    compare(layer, ours(layer, **form), image, 1e-12)
    if form == {"lower": True}:
        assert torch.equal(ours(layer)(image), layer(image))


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("seed", range(10))
def test_means_match_painting(seed, backend, onto):
    layer, _ = adaptive_case(seed, "Avg", 2)

    def over_what_is_kept(image):
        return layer(image) / layer(kept(image)).clamp(min=1e-9)

    def kept(image):
        return (image != 0).any(1, keepdim=True).double()  # no feature is 0 but where it is painted

    check_painting(ours(layer, backend=backend), over_what_is_kept, seed=seed, onto=onto)


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("seed", range(10))
def test_maxima_match_painting(seed, backend, onto):
    layer, _ = adaptive_case(seed, "Max", 2)
    check_painting(ours(layer, backend=backend), layer, seed=seed, onto=onto, reduce="max")


def test_one_part_is_the_mean_over_area():
    graphs, batch = random_batch(7, 3)
    out = gv.nn.AdaptiveAvgPool2d(1)(batch)
    weighted = [(g.x * g.area[:, None]).sum(0) / g.area.sum() for g in graphs]
    torch.testing.assert_close(out.x, torch.stack(weighted), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(out.x, gv.nn.GlobalPool("mean")(batch))


def test_an_ignored_centre_takes_the_first_region_that_is_there():
    labels = torch.full((5, 5), -1)
    labels[1, 3], labels[4, 0] = 1, 0
    graph = partition_graph(labels, 2)
    out = gv.nn.AdaptiveAvgPool2d(1)(graph)
    torch.testing.assert_close(out.x, graph.x.mean(0, keepdim=True))
    out = gv.nn.AdaptiveMaxPool2d((1, 2))(graph)
    assert out.assign.tolist() == [0, 1]
    left, right = int(graph.assign[20]), int(graph.assign[8])
    assert torch.equal(out.x, graph.x[[left, right]])


@pytest.mark.parametrize("form", FORMS)
def test_indices(form):
    image = torch.randn(2, 3, 6, 5, dtype=torch.float64).mul(2).round()
    layer = torch.nn.AdaptiveMaxPool2d((3, 2), return_indices=True)
    for ours_, theirs in zip(ours(layer, **form)(image), layer(image), strict=True):
        assert torch.equal(ours_, theirs)
    graph = partition_graph(random_partition(1, (6, 5)), 2)
    out, indices = ours(layer, **form)(graph)
    assert torch.equal(indices, layer(paint(graph, float("-inf"))[None])[1][0])
    assert torch.equal(out.x, gv.nn.AdaptiveMaxPool2d((3, 2), **form)(graph).x)


def test_errors():
    with pytest.raises(ValueError, match=r"`output_size` must be 2 integers"):
        gv.nn.AdaptiveAvgPool2d(0)
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.AdaptiveMaxPool2d"):
        gv.nn.AdaptiveMaxPool2d.from_torch(torch.nn.MaxPool2d(2))
