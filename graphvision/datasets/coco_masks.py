"""COCO's segmentations: polygons, run lengths, and run lengths written as text."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def segmentation_mask(segmentation: Any, size: tuple[int, int]) -> Array:
    """The pixels of an object.

    Args:
        segmentation: a list of polygons, each [x, y, x, y, …] with at least three corners, or
            ``{"size": [h, w], "counts": …}`` with run lengths as a list or as COCO's text.
        size: (height, width) of the picture.

    Returns:
        bool, ``[h, w]``. A polygon holds the pixels whose centre, at ½ from their edges, is in it;
        several polygons hold what any of them holds.

    Raises:
        ValueError: it is malformed, or of another size.

    Example:
        >>> segmentation_mask([[1, 0, 3, 0, 3, 2, 1, 2]], (2, 4)).astype(int)
        array([[0, 1, 1, 0],
               [0, 1, 1, 0]])

    Source:
        https://cocodataset.org/#format-data; the text is that of ``rleFrString`` in cocoapi.
    """
    if isinstance(segmentation, list):
        return _polygons(segmentation, size)
    if isinstance(segmentation, dict) and "counts" in segmentation:
        if list(segmentation.get("size", ())) != list(size):
            got = segmentation.get("size")
            raise ValueError(f"`segmentation` must have the size {list(size)}, got {got}")
        counts = segmentation["counts"]
        runs = _runs(counts) if isinstance(counts, str) else counts
        return _from_runs(runs, size)
    wanted = "polygons or run lengths (size and counts)"
    raise ValueError(f"`segmentation` must be {wanted}, got {type(segmentation).__name__}")


def _polygons(polygons: list[Any], size: tuple[int, int]) -> Array:
    from skimage.draw import polygon

    mask = np.zeros(size, bool)
    for corners in polygons:
        try:
            points = np.asarray(corners, np.float64)
        except (TypeError, ValueError):
            points = np.zeros(0)
        if points.ndim != 1 or len(points) < 6 or len(points) % 2 or not np.isfinite(points).all():
            raise ValueError(f"`segmentation` must have polygons [x, y, …], got {corners!r:.60}")
        mask[polygon(points[1::2] - 0.5, points[::2] - 0.5, size)] = True
    return mask


def _from_runs(runs: Any, size: tuple[int, int]) -> Array:
    """Runs of pixels without and with the object in turn, down the columns."""
    whole = isinstance(runs, list) and all(isinstance(r, int) and r >= 0 for r in runs)
    if not whole or sum(runs) != size[0] * size[1]:
        got = f"a sum of {sum(runs)}" if whole else f"{runs!r:.60}"
        raise ValueError(f"`counts` must be whole numbers of sum {size[0] * size[1]}, got {got}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(size[1], size[0]).T


def _runs(text: str) -> list[int]:
    """Each number in groups of five bits, the lowest first; from the fourth on, a difference."""
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"`counts` must be COCO's text, got {text!r:.60}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError(f"`counts` must be whole, got {text!r:.60}, which ends within a number")
    return runs
