"""Colours of objects: neighbours differ, and the same object has the same colour beside it."""

import numpy as np

from graphvision.viz.lines import changes


def object_colours(objects: np.ndarray, truth: np.ndarray | None = None) -> dict[int, int]:
    """A small number for each object, another one than those of the objects that touch it.

    Args:
        objects: ``[h, w]``, 1, 2, …; 0 and less: no object.
        truth: likewise, of the same picture. Each of its objects gives its number to the object
            that covers it most; what covers most of its background gets none.

    Returns:
        Object to number, 0 … 9 as long as an object touches fewer than ten others. Without a truth,
        and where every pixel is in an object, the one along most of the picture's edge is the
        background and has none.

    Example:
        >>> object_colours(np.array([[0, 1, 2], [0, 11, 11]]))
        {1: 0, 2: 1, 11: 2}
    """
    numbers: dict[int, int] = {}
    skipped: set[int] = set()
    if truth is None and (objects > 0).all() and objects.min() < objects.max():
        rim = np.concatenate([objects[0], objects[-1], objects[:, 0], objects[:, -1]])
        skipped.add(int(np.bincount(rim).argmax()))
    if truth is not None:
        given = object_colours(truth)
        for whole in (0, *given):
            covering = objects[(truth == whole) & (objects > 0)]
            covering = covering[~np.isin(covering, [*numbers, *skipped])]
            if not covering.size:
                continue
            best = int(np.bincount(covering).argmax())
            if whole == 0:
                skipped.add(best)
            else:
                numbers[best] = given[whole]
    touching = _touching(objects)
    for number in map(int, np.unique(objects[objects > 0])):
        if number in numbers or number in skipped:
            continue
        taken = {numbers[other] for other in touching.get(number, ()) if other in numbers}
        free = (place % 10 for place in range(number - 1, number + 9) if place % 10 not in taken)
        numbers[number] = next(free, 10 + len(numbers))
    return dict(sorted(numbers.items()))


def _touching(objects: np.ndarray) -> dict[int, set[int]]:
    right, below = changes(objects)
    found: dict[int, set[int]] = {}
    for shown, axis in ((right, 1), (below, 0)):
        pairs = np.stack([objects[shown], np.roll(objects, -1, axis)[shown]], 1)
        for a, b in np.unique(pairs, axis=0).tolist():
            found.setdefault(a, set()).add(b)
            found.setdefault(b, set()).add(a)
    return found
