import pytest
import torch

import graphvision as gv


def test_on_pixels_it_is_the_grid():
    image = torch.rand(2, 1, 5, 6)
    for radius, connectivity in ((1.0, 4), (1.5, 8)):
        batch = gv.image_graph(image, gv.Pixels(), gv.Radius(radius))
        assert torch.equal(batch.edge_index, gv.grid_graph(image, connectivity).edge_index)


@pytest.mark.parametrize("radius", [-1.0, float("nan")])
def test_errors(radius):
    with pytest.raises(ValueError, match="`radius_px` must be at least 0"):
        gv.Radius(radius)
