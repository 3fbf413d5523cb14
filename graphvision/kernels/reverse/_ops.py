"""Reversing edges as torch sees it."""

from torch import Tensor

from graphvision.kernels._register import register


def _fake(rowptr: Tensor, col: Tensor, num_sources: int, taps: int) -> tuple[Tensor, ...]:
    return col.new_empty(num_sources * taps + 1), col.new_empty(col.shape), col.new_empty(col.shape)


REVERSED = register(
    "reversed_rows(Tensor rowptr, Tensor col, int num_sources, int taps) "
    "-> (Tensor, Tensor, Tensor)",
    _fake,
    CPU="graphvision.kernels.reverse._numba:reversed_rows",
)
