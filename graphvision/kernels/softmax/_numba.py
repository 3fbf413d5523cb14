"""Softmax over rows of edges on the CPU: each row is read, normalised and written once."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_math import exp
from graphvision.kernels._numba_vector import LANES, load, store
from graphvision.kernels._pool import for_rows

_GRAIN = 1 << 13  # logits that are worth a thread


@jit
def softmax_row(x: Any, first: int, last: int, heads: int) -> None:
    """Turn the logits of edges first…last-1, head by head, into shares, in place."""
    for h in range(heads):
        top = x.dtype.type(-np.inf)
        for e in range(first, last):
            top = max(x[e * heads + h], top)
        for e in range(first, last):
            x[e * heads + h] -= top
    for at in range(first * heads, last * heads, LANES):
        left = last * heads - at
        store(x, at, left, exp(load(x, at, left)))
    for h in range(heads):
        total = x.dtype.type(0)
        for e in range(first, last):
            total += x[e * heads + h]
        scale = x.dtype.type(1) / total
        for e in range(first, last):
            x[e * heads + h] *= scale


@jit
def softmax_grad_row(grad: Any, share: Any, first: int, last: int, heads: int) -> None:
    """Turn the gradients of shares into those of logits, in place: ``α (g - Σ α g)``."""
    for h in range(heads):
        mean = share.dtype.type(0)
        for e in range(first, last):
            mean += share[e * heads + h] * grad[e * heads + h]
        for e in range(first, last):
            grad[e * heads + h] = share[e * heads + h] * (grad[e * heads + h] - mean)


@jit
def _rows(lo: int, hi: int, x: Any, rowptr: Any, heads: int) -> None:
    for i in range(lo, hi):
        softmax_row(x, rowptr[i], rowptr[i + 1], heads)


@jit
def _grad_rows(lo: int, hi: int, grad: Any, share: Any, rowptr: Any, heads: int) -> None:
    for i in range(lo, hi):
        softmax_grad_row(grad, share, rowptr[i], rowptr[i + 1], heads)


def flat(x: Tensor) -> Any:
    """The numbers in one contiguous axis, as kernels index them."""
    return x.detach().contiguous().view(-1).numpy()


def _share_out(kernel: Any, x: Tensor, rowptr: Tensor, *args: Any) -> None:
    rows = len(rowptr) - 1
    grain = _GRAIN * max(1, rows) // max(1, x.numel())
    for_rows(kernel, rows, flat(x), *args, flat(rowptr), x.shape[1], grain=max(1, grain))


def segment_softmax(logits: Tensor, rowptr: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.softmax.segment_softmax`."""
    share = logits.new_empty(logits.shape)
    share.copy_(logits)
    _share_out(_rows, share, rowptr)
    return share


def segment_softmax_backward(grad: Tensor, share: Tensor, rowptr: Tensor) -> Tensor:
    """The gradient of the logits."""
    out = share.new_empty(share.shape)
    out.copy_(grad)
    _share_out(_grad_rows, out, rowptr, flat(share))
    return out
