"""Differences of positions on the CPU, written where they belong."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.columns import Columns

_GRAIN = 1 << 14  # edges that are worth a thread


@jit
def _offset_rows(lo: int, hi: int, pos: Any, edge_index: Any, table: Any, at: Any) -> None:
    for e in range(lo, hi):
        j, i = edge_index[0, e], edge_index[1, e]
        squares = 0.0
        for a in range(pos.shape[1]):
            step = pos[j, a] - pos[i, a]
            squares += step * step
            if at[0] >= 0:
                table[e, at[0] + a] = step
        if at[1] >= 0:
            table[e, at[1]] = np.sqrt(squares)


def edge_offsets(pos: Tensor, edge_index: Tensor, out: Columns) -> None:
    """See :func:`graphvision.kernels.offsets.edge_offsets`."""
    at = out.at("displacement", "distance")
    arrays = (pos.detach().contiguous().numpy(), edge_index.contiguous().numpy())
    for_rows(_offset_rows, edge_index.shape[1], *arrays, out.table.numpy(), at, grain=_GRAIN)
