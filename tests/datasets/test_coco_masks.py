import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from graphvision.datasets.coco_masks import segmentation_mask

# What pycocotools 2.0 writes: a ring with a hole beside a lone pixel, and two long columns.
RING, COLUMNS = ";32NO0128N", "a9m8?RJBn2e9"


def inside(polygon, y, x):
    """Crossings of a ray to the right, in plain Python."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            crossings += 1
    return crossings % 2 == 1


@given(st.lists(st.tuples(*[st.floats(-3, 15, width=16)] * 2), min_size=3, max_size=7))
def test_polygon_holds_the_centres_inside(corners):
    corners = [(x + 0.137, y + 0.291) for x, y in corners]  # no centre on an edge by design
    mask = segmentation_mask([[c for corner in corners for c in corner]], (9, 12))
    for row in range(9):
        for column in range(12):
            assert mask[row, column] == inside(corners, row + 0.5, column + 0.5)


def test_polygon_on_pixel_edges():
    mask = segmentation_mask([[1, 1, 4, 1, 4, 3, 1, 3], [0, 0, 1, 0, 1, 1, 0, 1]], (4, 5))
    expected = np.zeros((4, 5), bool)
    expected[1:3, 1:4], expected[0, 0] = True, True
    assert np.array_equal(mask, expected)


def counts(mask):
    """Run lengths down the columns, pixel by pixel."""
    runs, value = [0], False
    for pixel in mask.T.ravel():
        if pixel != value:
            runs.append(0)
            value = not value
        runs[-1] += 1
    return runs


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_run_lengths(share):
    mask = np.random.RandomState(0).random_sample((7, 11)) < share
    made = segmentation_mask({"size": [7, 11], "counts": counts(mask)}, (7, 11))
    assert np.array_equal(made, mask)


def test_run_lengths_as_text():
    ring = np.zeros((5, 7), bool)
    ring[1:4, 2:5], ring[2, 3], ring[4, 6] = True, False, True
    assert np.array_equal(segmentation_mask({"size": [5, 7], "counts": RING}, (5, 7)), ring)
    columns = np.zeros((300, 4), bool)
    columns[5:290, 1:3], columns[100, 2] = True, False
    made = segmentation_mask({"size": [300, 4], "counts": COLUMNS}, (300, 4))
    assert np.array_equal(made, columns)


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ("text", "must be polygons or run lengths"),
        ({"size": [2, 2]}, "must be polygons or run lengths"),
        ([[0, 0, 1, 1]], "must have polygons"),
        ([[0, 0, 1, 1, 2]], "must have polygons"),
        ([[0, 0, 1, 1, 2, float("nan")]], "must have polygons"),
        ([["a", 0, 1, 1, 2, 2]], "must have polygons"),
        ([3], "must have polygons"),
        ({"size": [2, 3], "counts": [4]}, r"must have the size \[2, 2\], got \[2, 3\]"),
        ({"size": [2, 2], "counts": [3]}, "of sum 4, got a sum of 3"),
        ({"size": [2, 2], "counts": [5, -1]}, "must be whole numbers"),
        ({"size": [2, 2], "counts": [0.5, 3.5]}, "must be whole numbers"),
        ({"size": [2, 2], "counts": "o"}, "ends within a number"),
        ({"size": [2, 2], "counts": "é"}, "must be COCO's text"),
    ],
)
def test_errors(segmentation, message):
    with pytest.raises(ValueError, match=message):
        segmentation_mask(segmentation, (2, 2))
