import math

import numpy as np
import pytest
import torch

from graphvision.datasets import ImageDataset
from graphvision.datasets.scene_items import SceneItems
from graphvision.datasets.scene_sprite import Sprite, _sine_and_cosine


def test_items_keep_their_shape():
    """A square with a hole, unturned at twice its size: the hole is filled, the sides double."""
    pictures = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    pictures[0, 0, 8:20, 6:22], pictures[0, 0, 12:15, 12:15] = 200, 0
    items = SceneItems.of(ImageDataset(pictures, torch.tensor([0]), ("square",), name="square"))
    for zoom in (1.0, 2.0, 5.0):
        mask = Sprite.of(items, 0, zoom=zoom, turn_deg=0.0).mask
        rows, columns = mask.any(1).sum(), mask.any(0).sum()
        assert abs(rows - 12 * zoom) <= 2
        assert abs(columns - 16 * zoom) <= 2
        assert mask.sum() > 0.9 * rows * columns
    turned = Sprite.of(items, 0, zoom=4.0, turn_deg=20.0).mask
    assert turned.sum() == pytest.approx(12 * 16 * 16, rel=0.06)
    y, x = turned.nonzero()
    tilt = np.degrees(0.5 * np.arctan2(2 * np.cov(y, x)[0, 1], x.var() - y.var()))
    assert abs(tilt) == pytest.approx(20, abs=1)


@pytest.mark.parametrize("angle", [-45.0, -20.0, 0.0, 0.3, 20.0])
def test_angles(angle):
    expected = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    assert _sine_and_cosine(angle) == pytest.approx(expected, abs=1e-12)


def test_edges_are_smooth():
    """What covers a pixel in part lies at the outline alone, about one pixel wide."""
    pictures = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    pictures[0, 0, 6:22, 6:22] = 255
    items = SceneItems.of(ImageDataset(pictures, torch.tensor([0]), ("square",), name="square"))
    sprite = Sprite.of(items, 0, zoom=3.0, turn_deg=0.0)
    partly = (sprite.cover > 0) & (sprite.cover < 1)
    assert 0 < partly.sum() < 3 * 4 * 16 * 3
    assert float(sprite.shades[sprite.mask].min()) > 0.95  # nothing of the black around it
