import numpy as np
import pytest
import torch

from graphvision.viz.picture import picture


def test_shapes_and_ranges():
    colour = torch.randint(256, (3, 4, 5), dtype=torch.uint8)
    assert np.allclose(picture(colour), colour.permute(1, 2, 0).numpy() / 255)
    assert picture(torch.rand(4, 4, 5)).shape == (4, 5, 4)
    assert np.allclose(picture(torch.tensor([[[0.0, 0.5]]])), [[0.0, 0.5]])
    stretched = picture(torch.rand(2, 4, 5) * 9 - 3)
    assert (stretched.min(), stretched.max()) == (0, 1)


def test_grey_is_the_mean_of_the_colours_without_transparency():
    image = torch.rand(4, 4, 5, dtype=torch.float64)
    assert np.allclose(picture(image, grey=True), image[:3].mean(0).numpy())


def test_errors():
    with pytest.raises(ValueError, match=r"must be one picture, got shape \(2, 1, 3, 3\)"):
        picture(torch.rand(2, 1, 3, 3))
