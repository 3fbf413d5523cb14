import pytest
import torch
from torch import nn

import graphvision as gv
from tests.nn.layer_cases import compare
from tests.nn.norm_cases import check_against, graphs_of, painted, region_means


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_matches_oracle(size):
    theirs = nn.LocalResponseNorm(size, 0.5, 0.6, 1.5)
    ours = gv.nn.LocalResponseNorm.from_torch(theirs)
    graphs = graphs_of(size, 4)

    def meaning(x):
        images = painted(graphs, x)
        out = torch.cat([theirs(pixels[None])[0] for pixels, _ in images], 1)
        return region_means(out, torch.cat([node for _, node in images]), len(x))

    check_against(ours, graphs, meaning, [])
    image = torch.randn(2, 4, 3, 5, dtype=torch.float64)
    compare(theirs, ours, image, 0)
