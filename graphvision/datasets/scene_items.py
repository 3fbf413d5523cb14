"""The items of scenes: pictures of things on black, as outlines and shades that can be scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphvision.datasets.image_dataset import ImageDataset

Array = np.ndarray[Any, np.dtype[Any]]

THRESHOLD = 24
_MARGIN = 3
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True, eq=False)
class SceneItems:
    """Things that scenes are composed of.

    An item is where its picture is brighter than a threshold, holes filled.

    Attributes:
        pictures: uint8, ``[n, s, s]``, none of them black.
        labels: int64, ``[n]``.

    Example:
        >>> from graphvision.datasets import load
        >>> items = SceneItems.of(load("fashion-mini", "test"))
        >>> len(items), items.side
        (1000, 28)
    """

    pictures: Array
    labels: Array

    @classmethod
    def of(cls, data: ImageDataset) -> SceneItems:
        """The items that a data set shows.

        Args:
            data: grey, square pictures on black.

        Returns:
            One item for every picture that has pixels above the threshold.

        Raises:
            ValueError: the pictures aren't grey and square, or all too dark.
        """
        height, width = data.image_size
        if data.in_channels != 1 or height != width:
            got = f"{data.in_channels} channels of {height}×{width}"
            raise ValueError(f"`items` must be grey and square, got {got}")
        pictures = data.images[:, 0].numpy()
        seen = pictures.max(axis=(1, 2), initial=0) > THRESHOLD
        if not seen.any():
            raise ValueError(f"`items` must have pixels above {THRESHOLD}, got none")
        return cls(pictures[seen], data.labels.numpy()[seen])

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def side(self) -> int:
        """Pixels on each side of a picture."""
        return int(self.pictures.shape[1])

    def cut(self, index: int) -> tuple[Array, Array]:
        """Cut one item out of its picture.

        Args:
            index: 0 … ``len(self) - 1``.

        Returns:
            With a margin of three pixels: 0 … 1, one half at the outline, which so lies between
            pixels as the grey levels say; and grey levels 0 … 1, which go on a little beyond the
            outline, so that what is sampled there isn't mixed with black.
        """
        from scipy.ndimage import binary_fill_holes

        grey = np.pad(self.pictures[index], _MARGIN).astype(np.int64)
        solid = binary_fill_holes(grey > THRESHOLD)
        inside = np.minimum(grey, 2 * THRESHOLD) / (2.0 * THRESHOLD)
        inside[solid & (grey <= THRESHOLD)] = 1.0
        return inside, _spread(grey, solid) / 255.0


def _spread(level: Array, known: Array) -> Array:
    """What is known, and beyond it the mean of the neighbours, rounded down, twice."""
    level = level * known
    for _ in range(2):
        total, count = np.zeros_like(level), np.zeros_like(level)
        for dy, dx in _SIDES:  # the margin is wide enough that nothing is lost at the frame
            to = (
                slice(max(dy, 0), len(level) + min(dy, 0)),
                slice(max(dx, 0), len(level) + min(dx, 0)),
            )
            at = (
                slice(max(-dy, 0), len(level) - max(dy, 0)),
                slice(max(-dx, 0), len(level) - max(dx, 0)),
            )
            total[to] += level[at]
            count[to] += known[at]
        level = np.where(known, level, total // np.maximum(count, 1))
        known = known | (count > 0)
    return level
