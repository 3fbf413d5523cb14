"""Softmax over rows of edges on the CPU: each row is read, normalised and written once."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_math import exp
from graphvision.kernels._numba_vector import (
    LANES,
    fill,
    fma,
    greater,
    greatest_alike,
    load,
    load_else,
    store,
    sum_alike,
)
from graphvision.kernels._pool import for_rows

_GRAIN = 1 << 13  # logits that are worth a thread


@jit
def softmax_row(x: Any, first: int, last: int, heads: int, out: Any) -> None:
    """The shares of edges first…last-1 from their logits, head by head; ``out`` may be ``x``."""
    if LANES % heads == 0:
        _softmax_lanes(x, first * heads, last * heads, heads, out)
        return
    for h in range(heads):
        top = x.dtype.type(-np.inf)
        for e in range(first, last):
            top = max(x[e * heads + h], top)
        for e in range(first, last):
            out[e * heads + h] = x[e * heads + h] - top
    for at in range(first * heads, last * heads, LANES):
        left = last * heads - at
        store(out, at, left, exp(load(out, at, left)))
    for h in range(heads):
        total = x.dtype.type(0)
        for e in range(first, last):
            total += out[e * heads + h]
        scale = x.dtype.type(1) / total
        for e in range(first, last):
            out[e * heads + h] *= scale


@jit
def _softmax_lanes(x: Any, start: int, stop: int, heads: int, out: Any) -> None:
    """The same where the heads of several edges fill a vector: lane k belongs to head k % heads."""
    nothing = x.dtype.type(-np.inf)
    top, total = fill(x, nothing), fill(x, 0)
    for at in range(start, stop, LANES):
        top = greater(load_else(x, at, stop - at, nothing), top)
    top = greatest_alike(top, heads)
    for at in range(start, stop, LANES):
        weight = exp(load_else(x, at, stop - at, nothing) - top)
        store(out, at, stop - at, weight)
        total = total + weight
    scale = 1.0 / sum_alike(total, heads)
    for at in range(start, stop, LANES):
        store(out, at, stop - at, load(out, at, stop - at) * scale)


@jit
def softmax_grad_row(grad: Any, share: Any, first: int, last: int, heads: int, out: Any) -> None:
    """The gradients of logits from those of shares, ``α (g - Σ α g)``; ``out`` may be ``grad``."""
    if LANES % heads == 0:
        start, stop = first * heads, last * heads
        total = fill(grad, 0)
        for at in range(start, stop, LANES):
            total = fma(load(share, at, stop - at), load(grad, at, stop - at), total)
        total = sum_alike(total, heads)
        for at in range(start, stop, LANES):
            centred = load(grad, at, stop - at) - total
            store(out, at, stop - at, load(share, at, stop - at) * centred)
        return
    for h in range(heads):
        mean = share.dtype.type(0)
        for e in range(first, last):
            mean += share[e * heads + h] * grad[e * heads + h]
        for e in range(first, last):
            out[e * heads + h] = share[e * heads + h] * (grad[e * heads + h] - mean)


@jit
def _rows(lo: int, hi: int, x: Any, rowptr: Any, heads: int, out: Any) -> None:
    for i in range(lo, hi):
        softmax_row(x, rowptr[i], rowptr[i + 1], heads, out)


@jit
def _grad_rows(lo: int, hi: int, grad: Any, share: Any, rowptr: Any, heads: int, out: Any) -> None:
    for i in range(lo, hi):
        softmax_grad_row(grad, share, rowptr[i], rowptr[i + 1], heads, out)


def flat(x: Tensor) -> Any:
    """The numbers in one contiguous axis, as kernels index them."""
    return x.detach().contiguous().view(-1).numpy()


def _share_out(kernel: Any, rowptr: Tensor, out: Tensor, *args: Any) -> Tensor:
    rows = len(rowptr) - 1
    grain = _GRAIN * max(1, rows) // max(1, out.numel())
    for_rows(kernel, rows, *args, flat(rowptr), out.shape[1], flat(out), grain=max(1, grain))
    return out


def segment_softmax(logits: Tensor, rowptr: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.softmax.segment_softmax`."""
    return _share_out(_rows, rowptr, logits.new_empty(logits.shape), flat(logits))


def segment_softmax_backward(grad: Tensor, share: Tensor, rowptr: Tensor) -> Tensor:
    """The gradient of the logits."""
    out = share.new_empty(share.shape)
    return _share_out(_grad_rows, rowptr, out, flat(grad), flat(share))
