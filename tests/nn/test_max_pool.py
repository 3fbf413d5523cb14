import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, pool_case
from tests.nn.painting import check_painting, paint, random_batch


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "seed", [seed for seed in range(100) if pool_case(seed)[0].__name__.startswith("Max")]
)
def test_indices_are_torchs(seed, form):
    torch_class, args, size = pool_case(seed)
    layer = torch_class(**args, return_indices=True)
    image = torch.randn(2, 3, *size, dtype=torch.float64).mul(2).round()  # ties: the first wins
    ours = getattr(gv.nn, torch_class.__name__).from_torch(layer, **form)
    for got, want in zip(ours(image), layer(image), strict=True):
        assert torch.equal(got, want)
    for got, want in zip(ours(image[0]), layer(image[0]), strict=True):
        assert torch.equal(got, want)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_those_of_the_maxima(form):
    layer = gv.nn.MaxPool2d(3, 2, 1, return_indices=True, **form)
    image = torch.randn(2, 3, 7, 6, dtype=torch.float64, requires_grad=True)
    out, indices = layer(image)
    assert not indices.requires_grad
    weight = torch.randn_like(out)
    (grad,) = torch.autograd.grad((out * weight).sum(), image)
    want = torch.zeros(2, 3, 42, dtype=torch.float64)
    want.scatter_add_(2, indices.flatten(2), weight.flatten(2))
    torch.testing.assert_close(grad.flatten(2), want)


@pytest.mark.parametrize("onto", [False, True])
def test_partitions_match_painting(onto):
    layer = torch.nn.MaxPool2d(3, 2, 1)
    check_painting(gv.nn.MaxPool2d(3, 2, 1), layer, onto=onto, reduce="max")


@pytest.mark.parametrize("form", FORMS)
def test_indices_of_a_graph_are_those_of_the_painted_image(form):
    graphs, batch = random_batch(3, 2)
    out, indices = gv.nn.MaxPool2d(2, return_indices=True, **form)(batch)
    assert torch.equal(out.x, gv.nn.MaxPool2d(2, **form)(batch).x)
    pool = torch.nn.MaxPool2d(2, return_indices=True)
    for graph, got in zip(graphs, indices, strict=True):
        assert torch.equal(got, pool(paint(graph, float("-inf"))[None])[1][0])
