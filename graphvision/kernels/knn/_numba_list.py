"""Exact distances and short sorted lists of the nearest, compiled."""

from typing import Any

from graphvision.kernels._jit import exact_jit

_SHORT = 48  # up to here, plain insertion sort


@exact_jit
def squared_distance(points: Any, a: int, b: int) -> float:
    if points.shape[1] == 2:
        dy, dx = points[a, 0] - points[b, 0], points[a, 1] - points[b, 1]
        return float(dy * dy + dx * dx)
    total = 0.0
    for c in range(points.shape[1]):
        gap = points[a, c] - points[b, c]
        total += gap * gap
    return total


@exact_jit
def offer(distance: Any, j: int, near: Any, far: Any, held: int) -> int:
    """Insert (distance, j) into the sorted list of the nearest; equal distance: lower j first."""
    k = len(near)
    if held == k:
        if distance > far[k - 1] or (distance == far[k - 1] and j > near[k - 1]):
            return held
        held -= 1
    at = held
    while at > 0 and (far[at - 1] > distance or (far[at - 1] == distance and near[at - 1] > j)):
        far[at], near[at] = far[at - 1], near[at - 1]
        at -= 1
    far[at], near[at] = distance, j
    return held + 1


@exact_jit
def sort_short(keys: Any) -> None:
    """Shell sort; NumPy's takes seconds to compile."""
    gap = 1 if len(keys) <= _SHORT else len(keys) // 2
    while gap > 0:
        for k in range(gap, len(keys)):
            key = keys[k]
            at = k
            while at >= gap and keys[at - gap] > key:
                keys[at] = keys[at - gap]
                at -= gap
            keys[at] = key
        gap //= 2
