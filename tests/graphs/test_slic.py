"""The public gv.slic: every kind of image in, labels out."""

import numpy as np
import pytest
import torch

from graphvision.graphs.slic import slic


def test_kinds_of_images():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)
    wanted = slic(pixels, 30)
    assert wanted.shape == (20, 30)
    assert torch.equal(wanted, slic(tensor, 30))
    assert torch.equal(wanted, slic(tensor.float() / 255, 30))
    assert torch.equal(wanted, slic(tensor[None], 30)[0])
    assert slic(pixels[..., 0], 30).shape == (20, 30)


def test_one_mask_for_a_batch():
    batch, mask = torch.rand(2, 1, 12, 13), torch.rand(12, 13) > 0.2
    labels = slic(batch, 9, mask=mask.numpy())
    assert torch.equal(labels, slic(batch, 9, mask=mask.expand(2, 12, 13)))
    assert torch.equal(labels >= 0, mask.expand(2, 12, 13))


def test_errors():
    with pytest.raises(ValueError, match="`mask` must be boolean of shape"):
        slic(torch.rand(1, 4, 5), 3, mask=torch.ones(4, 5))
    with pytest.raises(ValueError, match="`n_segments` must be an integer in 1…20, got 21"):
        slic(torch.rand(1, 4, 5), 21)
    with pytest.raises(ValueError, match="fin"):
        slic(torch.full((1, 4, 5), torch.nan), 3)
