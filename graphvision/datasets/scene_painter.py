"""One scene: items over one another on a textured ground, and the truth about them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphvision.datasets.objects import visible_boxes
from graphvision.datasets.scene_items import SceneItems
from graphvision.datasets.scene_sprite import Sprite
from graphvision.datasets.scene_texture import between, texture

Array = np.ndarray[Any, np.dtype[Any]]
Random = np.random.RandomState

MOST_ITEMS = 6
EMPTY_SHARE = 0.04
SCALE = (0.8, 1.4)
TURN_DEG = 20.0
VISIBLE = 0.6
PICTURE_PER_ITEM = 64 / 28  # at nominal size, an item of 28 pixels lies in a picture of 64
NOISE = 0.05
LIGHT = 0.18
MIX = 0.75
_PLACES = 12
_COLOURS = 3


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the truth about it.

    Attributes:
        image: uint8, ``[3, size, size]``.
        semantic: uint8, ``[size, size]``: 0 for the ground, c + 1 for class c.
        instances: uint8, ``[size, size]``: 0 for the ground, 1, 2, … from the lowest item up.
        boxes: float32, ``[m, 4]``: (x0, y0, x1, y1) of each item's visible pixels.
        box_labels: int64, ``[m]``.
        label: class of the item with the most visible pixels, -1 where there is none.
    """

    image: Array
    semantic: Array
    instances: Array
    boxes: Array
    box_labels: Array
    label: int


def paint_scene(
    items: SceneItems, size: int, random: Random, *, at_most: int = MOST_ITEMS
) -> Scene:
    """Compose a picture.

    Of every item at least 60 % of the pixels stay visible; where an item finds no such place, it is
    left out. Tints, ground and place know nothing of an item's class.

    Args:
        items: what to choose from.
        size: pixels on each side.
        random: a stream of random numbers, which alone decides.
        at_most: items of a picture, ≥ 1.

    Returns:
        The picture and the truth. No function is used whose last bit depends on the machine.
    """
    canvas = _Canvas(size, random)
    empty = random.random_sample() < EMPTY_SHARE
    count = 0 if empty else int(random.randint(1, at_most + 1))
    zoom = size / PICTURE_PER_ITEM / items.side
    for _ in range(count):
        index = int(random.randint(len(items)))
        scale, turn = between(random, *SCALE), between(random, -TURN_DEG, TURN_DEG)
        sprite = Sprite.of(items, index, zoom=zoom * scale, turn_deg=turn)
        canvas.place(sprite, int(items.labels[index]))
    return canvas.finish()


class _Canvas:
    def __init__(self, size: int, random: Random) -> None:
        self.size, self.random = size, random
        first = _colour(random)
        second = first + (_colour(random) - first) * MIX
        pattern = texture(random, size)
        self.image = first[:, None, None] + (second - first)[:, None, None] * pattern
        self.avoid = [first, second]
        self.instances = np.zeros((size, size), np.int64)
        self.labels: list[int] = []
        self.pixels: list[int] = []  # of each item's own mask, hidden ones included

    def place(self, sprite: Sprite, label: int) -> None:
        """Lay an item on top where it hides nothing too much, if there is such a place."""
        total = int(sprite.mask.sum())
        side = len(sprite.mask)
        for _ in range(_PLACES):
            top, left = (
                math.floor(between(self.random, 0.15, 0.85) * self.size - side / 2)
                for _ in range(2)
            )
            there = _window(top, side, self.size), _window(left, side, self.size)
            here = _moved(there[0], -top), _moved(there[1], -left)
            mask = sprite.mask[here]
            if total and self._fits(there, mask, total):
                self.pixels.append(total)
                self.labels.append(label)
                self.instances[there][mask] = len(self.labels)
                self._blend(there, sprite.cover[here], sprite.shades[here])
                return

    def _fits(self, there: tuple[slice, slice], mask: Array, total: int) -> bool:
        if int(mask.sum()) < VISIBLE * total:
            return False
        count = len(self.labels) + 1
        hidden = np.bincount(self.instances[there][mask], minlength=count)
        seen = np.bincount(self.instances.reshape(-1), minlength=count)
        return all(
            seen[i + 1] - hidden[i + 1] >= VISIBLE * pixels for i, pixels in enumerate(self.pixels)
        )

    def _blend(self, there: tuple[slice, slice], cover: Array, shades: Array) -> None:
        dark, light = self._tints()
        for channel in range(3):
            part = self.image[channel][there]
            tinted = dark[channel] + (light[channel] - dark[channel]) * shades
            part += (tinted - part) * cover

    def _tints(self) -> tuple[Array, Array]:
        """Of several random pairs of tints, the one that is seen best among those around it."""
        best, widest = None, -1.0
        for _ in range(_COLOURS):
            light = _colour(self.random)
            dark = (light + (_colour(self.random) - light) * 0.3) * between(self.random, 0.25, 0.6)
            middle = dark + (light - dark) * 0.6
            gap = min(
                float(np.abs(tint - other).max())
                for tint in (light, middle)
                for other in self.avoid
            )
            if gap > widest:
                best, widest = (dark, light, middle), gap
        assert best is not None
        self.avoid += [best[1], best[2]]
        return best[0], best[1]

    def finish(self) -> Scene:
        """Light, noise and rounding; and what is where."""
        size = self.size
        image = self.image
        place = (np.arange(size) + 0.5) / size - 0.5
        slope = [between(self.random, -LIGHT, LIGHT) for _ in range(2)]
        image = image * (1.0 + place[:, None] * slope[0] + place * slope[1])
        image = image + _noise(self.random, image.shape) * NOISE
        classes = np.array([0, *(label + 1 for label in self.labels)], np.uint8)
        seen = np.bincount(self.instances.reshape(-1), minlength=len(classes))[1:]
        return Scene(
            np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8),
            classes[self.instances],
            self.instances.astype(np.uint8),
            visible_boxes(self.instances, len(self.labels)),
            np.array(self.labels, np.int64),
            self.labels[int(seen.argmax())] if self.labels else -1,
        )


def _window(start: int, length: int, size: int) -> slice:
    return slice(max(0, start), min(size, start + length))


def _moved(window: slice, by: int) -> slice:
    return slice(window.start + by, window.stop + by)


def _colour(random: Random) -> Array:
    """A random colour: any hue, not too dark, at most 80 % saturated."""
    hue, value = between(random, 0.0, 6.0), between(random, 0.3, 0.95)
    saturation = between(random, 0.1, 0.8)
    away = np.array([hue - 3.0, hue - 2.0, hue - 4.0])
    pure = np.clip(
        np.abs(away) * np.array([1.0, -1.0, -1.0]) + np.array([-1.0, 2.0, 2.0]), 0.0, 1.0
    )
    return np.asarray(value * (1.0 - saturation * (1.0 - pure)))


def _noise(random: Random, shape: tuple[int, ...]) -> Array:
    """Nearly normal, of unit variance: sums of four bytes."""
    count = math.prod(shape)
    raw = np.frombuffer(random.bytes(4 * count), np.uint8).reshape(4, count)
    total = raw.astype(np.int64).sum(axis=0)
    return np.asarray((total - 510) * (1.0 / 147.8)).reshape(shape)
