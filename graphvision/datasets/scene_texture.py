"""Backgrounds of scenes: clouds, stripes, plaid, dots and grain in two colours."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Random = np.random.RandomState


def texture(random: Random, size: int) -> Array:
    """Draw a pattern. Only sums, products and comparisons: the same bits on every machine.

    Args:
        random: a stream of random numbers.
        size: pixels on each side; a pattern has the same parts at every size.

    Returns:
        0 … 1, float64, ``[size, size]``.

    Example:
        >>> texture(np.random.RandomState(0), 16).shape
        (16, 16)
    """
    return _KINDS[random.randint(len(_KINDS))](random, size)


def value_noise(random: Random, size: int, cells: tuple[int, int]) -> Array:
    """Random values on a lattice with a smooth passage between them.

    Args:
        random: a stream of random numbers.
        size: pixels on each side.
        cells: of the lattice, down and across.

    Returns:
        0 … 1, float64, ``[size, size]``.
    """
    field = random.random_sample((cells[0] + 1, cells[1] + 1))
    for axis, count in enumerate(cells):
        place = (np.arange(size) + 0.5) * (count / size)
        first = place.astype(np.int64)
        step = place - first
        step = step * step * (3.0 - 2.0 * step)
        if axis == 0:
            step = step[:, None]
        low, high = field.take(first, axis), field.take(first + 1, axis)
        field = low + (high - low) * step
    return field


def between(random: Random, low: float, high: float) -> float:
    """One number, evenly distributed; not by NumPy's own, whose compiler may fuse the product."""
    return low + (high - low) * float(random.random_sample())


def _clouds(random: Random, size: int) -> Array:
    cells = random.randint(2, 5)
    field = value_noise(random, size, (cells, cells)) * 0.5
    for octave, share in ((2, 0.28), (4, 0.14), (8, 0.08)):
        field = field + value_noise(random, size, (cells * octave, cells * octave)) * share
    return np.clip((field - 0.5) * 1.8 + 0.5, 0.0, 1.0)


def _wave(random: Random, size: int, periods: float) -> Array:
    """A wave in a random direction, slightly bent: smooth between 0 and 1."""
    down, across = between(random, -1.0, 1.0), between(random, -1.0, 1.0)
    length = max(abs(down), abs(across), 0.1)
    place = (np.arange(size) + 0.5) / size
    phase = place[:, None] * (down / length * periods) + place * (across / length * periods)
    phase = phase + value_noise(random, size, (3, 3)) * between(random, 0.0, 1.2)
    saw = np.abs(phase - np.floor(phase) - 0.5) * 2.0
    return saw * saw * (3.0 - 2.0 * saw)


def _stripes(random: Random, size: int) -> Array:
    return _wave(random, size, between(random, 2.0, 7.0))


def _plaid(random: Random, size: int) -> Array:
    return (_stripes(random, size) + _stripes(random, size)) * 0.5


def _dots(random: Random, size: int) -> Array:
    count = random.randint(3, 8)
    place = (np.arange(size) + 0.5) * (count / size)
    offset = np.abs(place - np.floor(place) - 0.5) * 2.0
    far = offset[:, None] * offset[:, None] + offset * offset
    return np.asarray(np.clip((0.45 - far) * 2.5 + 0.5, 0.0, 1.0))


def _grain(random: Random, size: int) -> Array:
    long, short = random.randint(2, 4), random.randint(14, 28)
    cells = (long, short) if random.randint(2) else (short, long)
    fine = value_noise(random, size, cells)
    return np.clip(fine * 0.6 + _clouds(random, size) * 0.4, 0.0, 1.0)


_KINDS = (_clouds, _clouds, _stripes, _plaid, _dots, _grain)
