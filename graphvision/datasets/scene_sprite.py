"""One item, scaled and turned: how much of every pixel it covers, and its shades there."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphvision.datasets.scene_items import SceneItems

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Sprite:
    """An item as it will lie in a picture.

    Attributes:
        cover: share of every pixel, 0 … 1, float64, ``[p, p]``.
        shades: grey levels, 0 … 1, float64, ``[p, p]``.
        mask: pixels that are covered by half at least, bool, ``[p, p]``.
    """

    cover: Array
    shades: Array
    mask: Array

    @classmethod
    def of(cls, items: SceneItems, index: int, *, zoom: float, turn_deg: float) -> "Sprite":
        """Sample an item.

        Args:
            items: all items.
            index: which of them.
            zoom: pixels in the picture per pixel of the item, > 0.
            turn_deg: angle of rotation in degrees, within ±45.

        Returns:
            The smallest square of pixels that holds its picture.
        """
        sine, cosine = _sine_and_cosine(turn_deg)
        inside, shades = items.cut(index)
        finer = min(4, math.ceil(zoom / 1.5))
        if finer > 1:
            inside, shades = _enlarged(inside, finer), _enlarged(shades, finer)
        side = math.ceil(items.side * zoom * (cosine + abs(sine))) + 1
        step = (np.arange(side) - (side - 1) * 0.5) * (finer / zoom)
        middle = (len(inside) - 1) * 0.5
        y = step[:, None] * cosine - step * sine + middle
        x = step[:, None] * sine + step * cosine + middle
        field, level = _bilinear((inside, shades), y, x)
        # the outline is where the field is one half; its slope there is about that of one pixel
        cover = np.clip((field - 0.5) * max(1.0, zoom) + 0.5, 0.0, 1.0)
        return cls(cover, np.clip(level, 0.0, 1.0), cover >= 0.5)


def _sine_and_cosine(angle_deg: float) -> tuple[float, float]:
    """By their series: the library's functions differ in the last bit between machines."""
    angle = angle_deg * (math.pi / 180.0)
    sine, cosine, term = 0.0, 0.0, 1.0
    for order in range(1, 18, 2):
        sign = 1.0 if order % 4 == 1 else -1.0
        cosine += sign * term
        term = term * angle / order
        sine += sign * term
        term = term * angle / (order + 1)
    return sine, cosine


def _bilinear(fields: tuple[Array, ...], y: Array, x: Array) -> list[Array]:
    last = len(fields[0]) - 1
    y, x = np.clip(y, 0.0, last - 1e-9), np.clip(x, 0.0, last - 1e-9)
    row, column = y.astype(np.int64), x.astype(np.int64)
    down, across = y - row, x - column
    first = row * (last + 1) + column
    out = []
    for field in fields:
        flat = field.reshape(-1)
        top, bottom = flat.take(first), flat.take(first + (last + 1))
        top = top + (flat.take(first + 1) - top) * across
        bottom = bottom + (flat.take(first + (last + 2)) - bottom) * across
        out.append(top + (bottom - top) * down)
    return out


def _enlarged(field: Array, times: int) -> Array:
    """A picture with ``times`` as many pixels on each side, smoothed by a cubic B-spline."""
    side = len(field)
    place = (np.arange(side * times) + 0.5) / times - 0.5
    first = np.floor(place).astype(np.int64)
    t = place - first
    rest = 1.0 - t
    weights = (
        rest * rest * rest / 6.0,
        (t * t * (3.0 * t - 6.0) + 4.0) / 6.0,
        (rest * rest * (3.0 * rest - 6.0) + 4.0) / 6.0,
        t * t * t / 6.0,
    )
    for axis in (0, 1):
        taps = [
            field.take(np.clip(first + tap, 0, side - 1), axis)
            * (weight[:, None] if axis == 0 else weight)
            for tap, weight in enumerate(weights, -1)
        ]
        field = taps[0] + taps[1] + taps[2] + taps[3]
    return field
