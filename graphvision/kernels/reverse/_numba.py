"""The reversed edges by counting: two passes over the edges, no sort."""

from typing import Any

from torch import Tensor

from graphvision.kernels._jit import jit


@jit
def _reverse(rowptr: Any, col: Any, taps: Any, back: Any, target: Any, order: Any) -> None:
    """``back`` comes in as zeros; while edges are placed it runs one row behind."""
    for i in range(len(rowptr) - 1):
        tap = i % taps
        for e in range(rowptr[i], rowptr[i + 1]):
            place = col[e] * taps + tap + 2
            if place < len(back):
                back[place] += 1
    for row in range(2, len(back)):
        back[row] += back[row - 1]
    for i in range(len(rowptr) - 1):
        tap = i % taps
        for e in range(rowptr[i], rowptr[i + 1]):
            row = col[e] * taps + tap + 1
            at = back[row]
            back[row] = at + 1
            target[at], order[at] = i // taps, e


def reversed_rows(
    rowptr: Tensor, col: Tensor, num_sources: int, taps: int
) -> tuple[Tensor, Tensor, Tensor]:
    """See :func:`graphvision.kernels.reverse.reversed_rows`."""
    back = col.new_zeros(num_sources * taps + 1)
    target, order = col.new_empty(col.shape), col.new_empty(col.shape)
    _reverse(
        *(t.contiguous().numpy() for t in (rowptr, col)),
        taps,
        *(t.numpy() for t in (back, target, order)),
    )
    return back, target, order
