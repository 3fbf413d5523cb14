"""Copying narrow tables into the columns of a wide one on the CPU, rows shared out to threads."""

from typing import Any

from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows

_GRAIN = 1 << 15  # values that are worth a thread


@jit
def _copy_rows(lo: int, hi: int, source: Any, table: Any, at: int) -> None:
    for i in range(lo, hi):
        for c in range(source.shape[1]):
            table[i, at + c] = source[i, c]


def copy_columns(table: Tensor, at: int, source: Tensor) -> None:
    """Write ``source`` ``[n, k]`` into columns ``at…at + k``."""
    grain = max(1, _GRAIN // max(1, source.shape[1]))
    for_rows(_copy_rows, len(table), source.detach().numpy(), table.numpy(), at, grain=grain)
