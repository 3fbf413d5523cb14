"""Cutting one connected region into two connected halves."""

from collections import deque

Pixel = tuple[int, int]


def split_tree(pixels: list[Pixel]) -> tuple[list[Pixel], list[Pixel]]:
    """Two 4-connected parts, as equal as one cut through a breadth-first tree allows.

    The tree grows from the region's first pixel and tries the region's longer side first, so that
    on a rectangle its branches are the short lines and the best cut is straight. A tree of
    degree 4 always has an edge that leaves at least a quarter of the pixels on either side.
    """
    inside = set(pixels)
    ys, xs = [p[0] for p in pixels], [p[1] for p in pixels]
    tall = max(ys) - min(ys) >= max(xs) - min(xs)
    down, right = [(1, 0), (-1, 0)], [(0, 1), (0, -1)]
    steps = down + right if tall else right + down
    root = min(pixels) if tall else min(pixels, key=lambda p: (p[1], p[0]))
    parent, order, queue = {root: root}, [], deque([root])
    while queue:
        y, x = queue.popleft()
        order.append((y, x))
        for dy, dx in steps:
            other = (y + dy, x + dx)
            if other in inside and other not in parent:
                parent[other] = (y, x)
                queue.append(other)
    below = dict.fromkeys(order, 1)
    for pixel in reversed(order[1:]):
        below[parent[pixel]] += below[pixel]
    cut = min(order[1:], key=lambda p: abs(2 * below[p] - len(order)))
    half = {cut}
    for pixel in order:
        if parent[pixel] in half:
            half.add(pixel)
    return [p for p in order if p not in half], [p for p in order if p in half]
