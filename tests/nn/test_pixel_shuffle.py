import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare
from tests.nn.painting import check_centres, check_painting

LAYERS = [
    pytest.param(torch.nn.PixelShuffle(3), 18, (2, 3), id="shuffle"),
    pytest.param(torch.nn.PixelUnshuffle(3), 2, (6, 9), id="unshuffle"),
]


def ours(layer, **form):
    return getattr(gv.nn, type(layer).__name__).from_torch(layer, **form)


@pytest.mark.parametrize(
    "form", [*FORMS[:3], pytest.param({"backend": "reference", "lower": False}, id="both")]
)
@pytest.mark.parametrize(("layer", "channels", "size"), LAYERS)
def test_matches_oracle(layer, channels, size, form):
    image = torch.randn(2, channels, *size, dtype=torch.float64)
    compare(layer, ours(layer, **form), image, 0)
    image[0, 0, 0, 0] = float("inf")  # which a product with 0 would spread
    assert torch.equal(ours(layer, **form)(image), layer(image))
    assert torch.equal(ours(layer, **form)(image[0]), layer(image[0]))


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_shuffling_partitions_matches_painting(seed, onto):
    layer = torch.nn.PixelShuffle(2)
    before, after = check_painting(ours(layer), layer, seed=seed, channels=8, onto=onto)
    if not onto:
        check_centres(before, after, ours(layer).window)


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_unshuffling_partitions_matches_painting(seed, onto):
    layer, sizes = torch.nn.PixelUnshuffle(2), [(6, 4), (4, 8), (2, 2)]
    before, after = check_painting(ours(layer), layer, seed=seed, onto=onto, sizes=sizes)
    if not onto:
        check_centres(before, after, ours(layer).window)


def test_there_and_back_is_the_same_image():
    graph = gv.grid_graph(torch.randn(2, 3, 4, 6))
    back = gv.nn.PixelShuffle(2)(gv.nn.PixelUnshuffle(2)(graph))
    assert torch.equal(back.x, graph.x)


@pytest.mark.parametrize("lower", [True, False])
def test_channel_shuffle(lower):
    image = torch.randn(2, 6, 4, 5)
    layer = gv.nn.ChannelShuffle.from_torch(torch.nn.ChannelShuffle(3), lower=lower)
    want = torch.nn.ChannelShuffle(3)(image)
    assert torch.equal(layer(image), want)
    graph = gv.grid_graph(image)
    assert torch.equal(gv.rasterize(layer(graph).x, graph), want)


def test_errors():
    graph = gv.grid_graph(torch.rand(3, 4, 5))
    with pytest.raises(ValueError, match=r"`x` must have a multiple of 4 channels, got 3"):
        gv.nn.PixelShuffle(2)(graph)
    with pytest.raises(ValueError, match=r"`input` must have a multiple of 4 channels, got 3"):
        gv.nn.PixelShuffle(2)(torch.rand(1, 3, 4, 5))
    for shape in (graph, torch.rand(1, 3, 4, 5)):
        with pytest.raises(ValueError, match=r"`input` must have sizes that are multiples of 2"):
            gv.nn.PixelUnshuffle(2)(shape)
    for name in ("PixelShuffle", "PixelUnshuffle", "ChannelShuffle"):
        with pytest.raises(ValueError, match=rf"`module` must be a torch.nn.{name}"):
            getattr(gv.nn, name).from_torch(torch.nn.Identity())
