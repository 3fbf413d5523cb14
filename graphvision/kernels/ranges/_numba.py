"""Ranges of rows on the CPU, one block of memory after the other, shared out to threads."""

from math import prod
from typing import Any

from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows

_GRAIN = 1 << 16  # values that are worth a thread


@jit
def _copy(lo: int, hi: int, values: Any, begin: Any, first: Any, width: int, out: Any) -> None:
    for i in range(lo, hi):
        shift = (begin[i] - first[i]) * width
        for part in range(out.shape[0]):
            for k in range(first[i] * width, first[i + 1] * width):
                out[part, k] = values[part, k + shift]


@jit
def _copy_and_add(
    lo: int, hi: int, values: Any, begin: Any, first: Any, width: int, out: Any, add: Any
) -> None:
    for i in range(lo, hi):
        shift, more = (begin[i] - first[i]) * width, out.dtype.type(add[i])
        for part in range(out.shape[0]):
            for k in range(first[i] * width, first[i + 1] * width):
                out[part, k] = values[part, k + shift] + more


def copy_ranges(
    values: Tensor, begin: Tensor, first: Tensor, add: Tensor | None, *, dim: int, out: Tensor
) -> None:
    """See :func:`graphvision.kernels.ranges.copy_ranges`."""
    lead, width = prod(values.shape[:dim]), prod(values.shape[dim + 1 :])
    source = values.detach().contiguous().view(lead, values.shape[dim] * width).numpy()
    target = out.detach().view(lead, out.shape[dim] * width).numpy()
    args = (source, begin.numpy(), first.numpy(), width, target)
    grain = max(1, _GRAIN * len(begin) // max(1, out.numel()))
    if add is None:
        for_rows(_copy, len(begin), *args, grain=grain)
    else:
        for_rows(_copy_and_add, len(begin), *args, add.numpy(), grain=grain)
