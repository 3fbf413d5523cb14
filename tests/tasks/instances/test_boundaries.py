"""Boundary maps against scikit-image."""

import numpy as np
import torch
from skimage.segmentation import find_boundaries

from graphvision.tasks.instances import boundary_map


def test_matches_oracle():
    rng = np.random.default_rng(0)
    for _ in range(500):
        labels = rng.integers(0, 3, (2, *rng.integers(1, 9, 2)))
        found = boundary_map(torch.from_numpy(labels)).numpy()
        for mine, image in zip(found, labels, strict=True):
            expected = find_boundaries(image, connectivity=1, mode="thick")
            np.testing.assert_array_equal(mine, expected)


def test_ignored_pixels_bound_nothing():
    labels = torch.tensor([[[1, 1, -1, 2], [1, 1, -1, 1]]])
    expected = [[[False] * 3 + [True], [False] * 3 + [True]]]
    assert boundary_map(labels).tolist() == expected
    assert not boundary_map(torch.full((1, 3, 3), -1)).any()


def test_nested_and_touching_parts():
    labels = torch.zeros(1, 5, 5, dtype=torch.long)
    labels[:, 1:4, 1:4] = 1
    labels[:, 2, 2] = 2
    assert boundary_map(labels).sum() == 12 + 8 + 1
    assert not boundary_map(labels)[0, 0, 0]
