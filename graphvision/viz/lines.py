"""Lines between pixels."""

from typing import Any

import numpy as np


def changes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a label map changes.

    Args:
        labels: ``[h, w]``.

    Returns:
        Whether each pixel differs from the one to its right, and from the one below it; both
        ``[h, w]``, False in the last column or row.

    Example:
        >>> right, below = changes(np.array([[0, 1], [0, 1]]))
        >>> right.tolist(), below.any()
        ([[True, False], [True, False]], np.False_)
    """
    right, below = np.zeros(labels.shape, bool), np.zeros(labels.shape, bool)
    right[:, :-1] = labels[:, 1:] != labels[:, :-1]
    below[:-1] = labels[1:] != labels[:-1]
    return right, below


def border_lines(right: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Sides of pixels as lines, where centres of pixels are integers.

    Args:
        right: pixels whose right side is meant, ``[h, w]``.
        below: pixels whose lower side is meant, ``[h, w]``.

    Returns:
        Start and end (x, y) of each, first those of ``right``, each in row order: ``[m, 2, 2]``.

    Example:
        >>> border_lines(np.array([[True]]), np.array([[False]])).tolist()
        [[[0.5, -0.5], [0.5, 0.5]]]
    """
    y, x = np.nonzero(right)
    upright = np.stack([np.stack([x + 0.5, y - 0.5], 1), np.stack([x + 0.5, y + 0.5], 1)], 1)
    y, x = np.nonzero(below)
    level = np.stack([np.stack([x - 0.5, y + 0.5], 1), np.stack([x + 0.5, y + 0.5], 1)], 1)
    return np.concatenate([upright, level])


def draw_lines(ax: Any, lines: np.ndarray, **look: Any) -> None:
    """Lines on a dark rim: readable on any picture.

    Args:
        ax: matplotlib axes.
        lines: starts and ends (x, y), ``[m, 2, 2]``.
        **look: of a matplotlib ``LineCollection``; ``linewidths`` is one number.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.patheffects import Normal, Stroke

    width = look["linewidths"]
    made = LineCollection(list(lines), capstyle="round", **look)
    made.set_path_effects([Stroke(linewidth=2.2 * width, foreground="black", alpha=0.35), Normal()])
    ax.add_collection(made)
