"""Weighted sums over the neighbours in registers, with a weight per edge and head, on the CPU."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    add,
    fill,
    lanes,
    load,
    multiply,
    multiply_add,
    splat,
    store,
    total,
)
from graphvision.kernels.gather._numba import run_rows


@jit
def _weighted_block(
    zero: Any, x: Any, width: Any, col: Any, weight: Any, edge: Any, head: Any,
    first: Any, last: Any, at: Any,
) -> Any:  # fmt: skip
    value = zero
    for t in range(first, last):
        e = edge[t] if len(edge) else t
        factor = splat(weight[e, head], zero)
        value = multiply_add(factor, load(x, np.int64(col[t]) * width + at, zero), value)
    return value


@jit
def _weighted_rows(
    lo: int, hi: int, x: Any, rowptr: Any, col: Any, weight: Any, edge: Any, out: Any
) -> None:
    width, heads = x.shape[1], weight.shape[1]
    nothing = x.dtype.type(0)
    wide, middle, narrow, one = (
        fill(nothing, 256), fill(nothing, 64), fill(nothing, 16), fill(nothing, 1),
    )  # fmt: skip
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for h in range(heads):
            c, stop = h * width // heads, (h + 1) * width // heads
            while c + lanes(wide) <= stop:
                v = _weighted_block(wide, x, width, col, weight, edge, h, first, last, c)
                store(out, i * width + c, v)
                c += lanes(wide)
            while c + lanes(middle) <= stop:
                u = _weighted_block(middle, x, width, col, weight, edge, h, first, last, c)
                store(out, i * width + c, u)
                c += lanes(middle)
            while c + lanes(narrow) <= stop:
                t = _weighted_block(narrow, x, width, col, weight, edge, h, first, last, c)
                store(out, i * width + c, t)
                c += lanes(narrow)
            while c < stop:
                s = _weighted_block(one, x, width, col, weight, edge, h, first, last, c)
                store(out, i * width + c, s)
                c += 1


@jit
def dot(zero: Any, one: Any, a: Any, at: Any, b: Any, begin: Any, count: Any) -> Any:
    """The product of ``count`` elements of a from ``at`` on and of b from ``begin`` on."""
    value, rest, c = zero, one, 0
    while c + lanes(zero) <= count:
        value = multiply_add(load(a, at + c, zero), load(b, begin + c, zero), value)
        c += lanes(zero)
    while c < count:
        rest = add(rest, multiply(load(a, at + c, one), load(b, begin + c, one)))
        c += 1
    return total(value) + total(rest)


@jit
def _weight_grad_rows(lo: int, hi: int, x: Any, grad: Any, rowptr: Any, col: Any, out: Any) -> None:
    width, heads = x.shape[1], out.shape[1]
    part = width // max(1, heads)
    nothing = x.dtype.type(0)
    zero, one = fill(nothing, 64), fill(nothing, 1)
    for i in range(lo, hi):
        for e in range(rowptr[i], rowptr[i + 1]):
            j = np.int64(col[e])
            for h in range(heads):
                at = h * part
                out[e, h] = dot(zero, one, x, j * width + at, grad, i * width + at, part)


def gather_weighted(
    x: Tensor, rowptr: Tensor, col: Tensor, weight: Tensor, order: Tensor | None
) -> Tensor:
    """The op ``graphvision::gather_weighted`` on the CPU."""
    out = x.new_empty(len(rowptr) - 1, x.shape[1])
    edge = col[:0] if order is None else order
    work = len(col) * x.shape[1]
    run_rows(_weighted_rows, len(out), work, x, rowptr, col, weight, edge, out)
    return out


def gather_weight_grad(x: Tensor, grad: Tensor, rowptr: Tensor, col: Tensor, heads: int) -> Tensor:
    """The op ``graphvision::gather_weight_grad`` on the CPU."""
    out = x.new_empty(len(col), heads)
    work = len(col) * x.shape[1]
    run_rows(_weight_grad_rows, len(grad), work, x, grad, rowptr, col, out)
    return out
