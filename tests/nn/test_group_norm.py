import pytest
import torch
from torch import nn

import graphvision as gv
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


def pair(groups, affine=True, **form):
    theirs = nn.GroupNorm(groups, 6, 1e-3, affine, dtype=torch.float64)
    for parameter in theirs.parameters():
        nn.init.uniform_(parameter, 0.5, 1.5)
    return theirs, gv.nn.GroupNorm.from_torch(theirs, **form)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("seed", range(4))
def test_matches_oracle(seed, groups, form):
    theirs, ours = pair(groups, affine=seed > 0, **form)
    graphs = graphs_of(seed, 6)

    def meaning(x):
        images = painted(graphs, x)
        out = torch.cat([theirs(pixels[None])[0] for pixels, _ in images], 1)
        return region_means(out, torch.cat([node for _, node in images]), len(x))

    check_against(ours, graphs, meaning, list(theirs.parameters()))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_images_match_torch(form):
    theirs, ours = pair(3, **form)
    for size in ((), (5,), (4, 5), (2, 3, 4)):
        compare(theirs, ours, torch.randn(2, 6, *size, dtype=torch.float64), 1e-12)
    image = torch.randn(2, 6, 4, 5, dtype=torch.float64)
    assert torch.equal(ours(image), theirs(image)) or form
    check_pixels_are_the_image(ours, theirs, image)


def test_errors():
    layer = gv.nn.GroupNorm(2, 2, dtype=torch.float64)
    one_pixel = partition_graph(torch.zeros(1, 1, dtype=torch.int64), 2)
    grown = gv.nn.GroupNorm(2, 2, dtype=torch.float64, lower=False)
    with pytest.raises(ValueError, match=r"`input` must have more than 1 value .* got 1"):
        grown(one_pixel)
    with pytest.raises(ValueError, match=r"`x` must have 3 channels, got 2"):
        gv.nn.GroupNorm(1, 3)(one_pixel)
    assert layer(partition_graph(torch.zeros(2, 2, dtype=torch.int64), 2)).x.abs().max() == 0
