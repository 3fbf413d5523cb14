import pytest
import torch

import graphvision as gv


def test_is_slic():
    image = torch.rand(2, 3, 16, 20)
    labels = gv.Superpixels(12, 20.0, exact=True).assign(image)
    assert torch.equal(labels, gv.slic(image, 12, 20.0, exact=True))
    assert labels.flatten(1).amax(1).tolist() == [11, 11]


def test_images_without_valid_pixels():
    mask = torch.ones(3, 16, 20, dtype=torch.bool)
    mask[1] = False
    mask[2, :4] = False
    labels = gv.Superpixels(6, mask=mask).assign(torch.rand(3, 3, 16, 20))
    assert torch.equal(labels >= 0, mask)
    assert (gv.Superpixels(6, mask=mask & False).assign(torch.rand(3, 1, 16, 20)) == -1).all()


@pytest.mark.parametrize("n", [0, -3, 321])
def test_errors(n):
    with pytest.raises(ValueError, match="n_segments"):
        gv.superpixel_graph(torch.rand(1, 16, 20), n)
