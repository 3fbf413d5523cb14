"""Where the rows of a convolution's product lie: at the sources, or in a buffer of sums."""

from typing import Any

import numpy as np

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import inlined, over_channels
from graphvision.kernels._numba_tiles import address
from graphvision.kernels.gather._numba_weighted import weighted_block


@jit
def _sum_edges(
    nothing: Any, x: Any, width: Any, col: Any, weight: Any, stride: Any, k: Any, edge: Any,
    ordered: Any, first: Any, last: Any, out: Any, at: Any,
) -> None:  # fmt: skip
    over_channels(
        weighted_block, nothing, 0, width, k, stride, x, width, col, weight, edge, ordered,
        first, last, out, at,
    )  # fmt: skip


@inlined
def row_of(
    nothing: Any, x: Any, width: Any, col: Any, weight: Any, weighted: Any, edge: Any,
    ordered: Any, dense: Any, taps: Any, k: Any, first: Any, last: Any, zeros: Any, buffer: Any,
    at: Any,
) -> Any:  # fmt: skip
    """The address of ``Σ_e w_e,k x_j``; only a true sum is written, to ``buffer`` from ``at`` on.

    ``zeros`` are ``width`` zeros and then a 1, the weight of all edges that have none.
    """
    if first == last:
        return address(zeros, 0)
    if last == first + 1 and not dense:
        if not weighted:
            return address(x, np.int64(col[first]) * width)
        if weight[edge[first] if ordered else first] == 1:
            return address(x, np.int64(col[first]) * width)
    if weighted:
        stride, function = (taps, k) if dense else (1, 0)
        _sum_edges(
            nothing, x, width, col, weight, stride, function, edge, ordered, first, last, buffer,
            at,
        )  # fmt: skip
    else:
        _sum_edges(
            nothing, x, width, col, zeros, 0, width, edge, False, first, last, buffer, at
        )  # fmt: skip
    return address(buffer, at)


@inlined
def complete(
    x: Any, width: Any, itemsize: Any, col: Any, rowptr: Any, row: Any, taps: Any, table: Any,
    at: Any,
) -> Any:  # fmt: skip
    """Whether each of ``taps`` rows from ``row`` on is one edge; the table then has the sources."""
    first = np.int64(rowptr[row])
    if rowptr[row + taps] - first != taps:
        return False
    start, other = address(x, 0), 0
    for k in range(taps):
        other |= rowptr[row + k] - first - k
        table[at + k] = start + np.int64(col[first + k]) * width * itemsize
    return other == 0
