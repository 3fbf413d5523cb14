"""Runs of equal labels, as kernels walk along a row."""

from typing import Any

from graphvision.kernels._jit import jit


@jit
def run_end(row: Any, start: int, stop: int) -> int:
    """Where the run of equal labels from ``start`` on ends, at ``stop`` at the latest."""
    label, x = row[start], start + 1
    while x < stop and row[x] == label:
        x += 1
    return x
