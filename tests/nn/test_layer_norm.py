import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

import graphvision as gv
from tests.nn.norm_cases import (
    FORMS,
    check_against,
    check_pixels_are_the_image,
    graphs_of,
    painted,
    region_means,
)

SIZE = (5, 4)


def pair(shape, **options):
    theirs = nn.LayerNorm(shape, 1e-3, **options, dtype=torch.float64)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    return theirs


def meaning_of(theirs, graphs):
    """Torch's layer on the pixels that count, with their weights, then means over regions."""

    def run(x):
        images = painted(graphs, x)
        out = []
        for graph, (pixels, _) in zip(graphs, images, strict=True):
            kept = graph.assign.view(SIZE) >= 0
            parts = [None if t is None else t[..., kept] for t in (theirs.weight, theirs.bias)]
            shape = (len(pixels), int(kept.sum()))[-1 if theirs.normalized_shape == SIZE else 0 :]
            out.append(nn.functional.layer_norm(pixels, shape, *parts, theirs.eps))
        node = torch.cat([node for _, node in images])
        return region_means(torch.cat(out, 1), node, len(x))

    return run


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"elementwise_affine": False}], ids=str)
@pytest.mark.parametrize("shape", [(3, *SIZE), SIZE])
def test_over_the_image_matches_oracle(shape, options, form):
    theirs = pair(shape, **options)
    ours = gv.nn.LayerNorm.from_torch(theirs, **form)
    graphs = graphs_of(1, 3, size=SIZE)
    check_against(ours, graphs, meaning_of(theirs, graphs), list(theirs.parameters()))
    single = ours(graphs[0]).x
    want = meaning_of(theirs, graphs[:1])(graphs[0].x)
    torch.testing.assert_close(single, want, rtol=1e-12, atol=1e-12)
    grid = torch.randn(2, 3, *SIZE, dtype=torch.float64)
    check_pixels_are_the_image(ours, theirs, grid)
    assert torch.equal(ours(grid), theirs(grid))


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"elementwise_affine": False}], ids=str)
def test_over_channels_matches_oracle(options):
    theirs = pair((3,), **options)
    ours = gv.nn.LayerNorm.from_torch(theirs)
    graphs = graphs_of(2, 3)

    def meaning(x):
        images = painted(graphs, x)
        out = torch.cat([theirs(pixels.T).T for pixels, _ in images], 1)
        return region_means(out, torch.cat([node for _, node in images]), len(x))

    check_against(ours, graphs, meaning, list(theirs.parameters()))


def test_errors():
    batch = Batch.from_data_list(graphs_of(1, 3))
    for shape in ((4,), (3, 5, 4), (5, 4)):
        with pytest.raises(ValueError, match=r"`x` must have the \(.*\) of the layer"):
            gv.nn.LayerNorm(shape)(batch)
