import numpy as np
import pytest
import torch
from scipy import ndimage

from graphvision.datasets import ImageDataset, load
from graphvision.datasets.scene_items import THRESHOLD, SceneItems


def test_matches_oracle():
    """Outlines hold the bright pixels and every dark piece that doesn't reach the frame."""
    items = SceneItems.of(load("fashion-mini", "test").subset(torch.arange(0, 1000, 20)))
    for number in range(len(items)):
        inside, shades = items.cut(number)
        grey = np.pad(items.pictures[number], 3).astype(int)
        pieces, _ = ndimage.label(grey < THRESHOLD)
        solid = pieces != pieces[0, 0]
        assert np.array_equal(inside >= 0.5, solid)
        assert np.array_equal(
            inside[(grey < THRESHOLD) & solid], np.ones_like(inside)[(grey < THRESHOLD) & solid]
        )
        assert np.array_equal(shades[solid], grey[solid] / 255)
        near = ndimage.binary_dilation(solid, iterations=1) & ~solid
        assert (shades[near] > 0).mean() > 0.9
        far = ~ndimage.binary_dilation(solid, iterations=2)
        assert not shades[far].any()


def test_dark_pictures_are_left_out():
    pictures = torch.zeros(3, 1, 8, 8, dtype=torch.uint8)
    pictures[1, 0, 3, 3] = THRESHOLD
    data = ImageDataset(pictures, torch.tensor([0, 1, 2]), ("a", "b", "c"), name="few")
    items = SceneItems.of(data)
    assert (len(items), items.labels.tolist(), items.side) == (1, [1], 8)
    with pytest.raises(ValueError, match="must have pixels of at least"):
        SceneItems.of(data.subset(torch.tensor([0, 2])))
