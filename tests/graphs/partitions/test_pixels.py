import pytest
import torch

from graphvision.graphs import Pixels


def test_raster_order():
    labels = Pixels().assign(torch.rand(2, 1, 3, 4))
    assert torch.equal(labels, torch.arange(12).view(1, 3, 4).expand(2, 3, 4))


def test_mask():
    mask = torch.rand(2, 3, 4) > 0.5
    labels = Pixels(mask).assign(torch.rand(2, 1, 3, 4))
    for b in range(2):
        assert torch.equal(labels[b][mask[b]], torch.arange(int(mask[b].sum())))
        assert (labels[b][~mask[b]] == -1).all()
    one = Pixels(mask[0].numpy()).assign(torch.rand(2, 1, 3, 4))
    assert torch.equal(one[0], one[1])


def test_errors():
    with pytest.raises(ValueError, match="`mask` must be boolean, got float32"):
        Pixels(torch.ones(3, 4)).assign(torch.rand(1, 1, 3, 4))
    with pytest.raises(ValueError, match=r"`mask` must have shape \(3, 4\) or \(2, 3, 4\)"):
        Pixels(torch.ones(4, 3, dtype=torch.bool)).assign(torch.rand(2, 1, 3, 4))
