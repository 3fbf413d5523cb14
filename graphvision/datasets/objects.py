"""Objects of one picture: their boxes, their classes, and which one is the largest."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of a picture, and which pixels show them.

    Attributes:
        instances: 0 for none, k + 1 for object k, -1 where it isn't known, ``[h, w]``.
        boxes: float32, ``[m, 4]``: (x0, y0, x1, y1), edges of pixels.
        labels: class of each object, int64, ``[m]``.
    """

    instances: Array
    boxes: Array
    labels: Array

    @property
    def label(self) -> int:
        """Class of the object with the most visible pixels, -1 where there is none."""
        if not len(self.labels):
            return -1
        seen = np.bincount(self.instances[self.instances > 0], minlength=len(self.labels) + 1)
        return int(self.labels[int(seen[1:].argmax())])


def visible_boxes(instances: Array, count: int) -> Array:
    """The smallest boxes around the pixels of objects.

    Args:
        instances: whole numbers, ``[h, w]``; k + 1 is object k.
        count: number of objects, each with a pixel at least.

    Returns:
        float32, ``[count, 4]``: (x0, y0, x1, y1), edges of pixels.

    Example:
        >>> visible_boxes(np.array([[0, 1, 1], [0, 0, 1]]), 1)
        array([[1., 0., 3., 2.]], dtype=float32)
    """
    boxes = np.zeros((count, 4), np.float32)
    for number in range(count):
        mask = instances == number + 1
        rows, columns = mask.any(axis=1).nonzero()[0], mask.any(axis=0).nonzero()[0]
        boxes[number] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return boxes


def objects_of(semantic: Array, instances: Array) -> Objects:
    """Objects from a map of classes and a map of objects.

    Args:
        semantic: 0 for the background, c + 1 for class c, -1 where it isn't known, ``[h, w]``.
        instances: 0 for none, any other number per object, -1 where it isn't known.

    Returns:
        Objects numbered 1, 2, … in the order of their numbers, with the boxes of their pixels and
        the class that most of their pixels have.

    Raises:
        ValueError: an object has no pixel with a class.

    Example:
        >>> found = objects_of(np.array([[2, 2, 0]]), np.array([[7, 7, 0]]))
        >>> found.instances.tolist(), found.labels.tolist()
        ([[1, 1, 0]], [1])
    """
    ids = np.unique(instances[instances > 0])
    numbers = np.searchsorted(ids, instances) + 1
    numbers = np.where(instances > 0, numbers, instances)
    labels = np.zeros(len(ids), np.int64)
    for number, name in enumerate(ids):
        classes = semantic[(instances == name) & (semantic > 0)]
        if not len(classes):
            raise ValueError(f"objects must have pixels with a class, got none of object {name}")
        labels[number] = np.bincount(classes).argmax() - 1
    return Objects(numbers, visible_boxes(numbers, len(ids)), labels)
