import numpy as np
import pytest

from graphvision.viz.lines import border_lines, changes


def test_lines_lie_between_different_pixels():
    labels = np.random.default_rng(0).integers(0, 3, (5, 7))
    right, below = changes(labels)
    expected = []
    for y in range(5):
        expected += [
            ((x + 0.5, y - 0.5), (x + 0.5, y + 0.5))
            for x in range(6)
            if labels[y, x] != labels[y, x + 1]
        ]
    for y in range(4):
        expected += [
            ((x - 0.5, y + 0.5), (x + 0.5, y + 0.5))
            for x in range(7)
            if labels[y, x] != labels[y + 1, x]
        ]
    assert [tuple(map(tuple, line)) for line in border_lines(right, below)] == expected


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 3)])
def test_edge_cases(shape):
    assert border_lines(*changes(np.zeros(shape, int))).shape == (0, 2, 2)
