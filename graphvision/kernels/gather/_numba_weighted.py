"""Weighted sums over the neighbours in registers, with a weight per edge and head, on the CPU."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    add,
    fill,
    inlined,
    lanes,
    load,
    multiply,
    multiply_add,
    over_channels,
    pointer,
    splat,
    store,
    total,
)
from graphvision.kernels.gather._numba import run_rows


@inlined
def weighted_block(
    zero: Any, c: Any, head: Any, heads: Any, x: Any, width: Any, col: Any, weight: Any, edge: Any,
    ordered: Any, first: Any, last: Any, out: Any, base: Any,
) -> None:  # fmt: skip
    value = zero
    for t in range(first, last):
        e = edge[t] if ordered else t
        factor = splat(weight[np.int64(e) * heads + head], zero)
        value = multiply_add(factor, load(x, np.int64(col[t]) * width + c, zero), value)
    store(out, base + c, value)


@jit
def _weighted_rows(
    lo: int, hi: int, x: Any, rowptr: Any, col: Any, weight: Any, edge: Any, out: Any
) -> None:
    width, heads, nothing = x.shape[1], weight.shape[1], x.dtype.type(0)
    sources, cols, weights = pointer(x), pointer(col), pointer(weight)
    edges, results, part = pointer(edge), pointer(out), width // max(1, heads)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for h in range(heads):
            over_channels(
                weighted_block, nothing, h * part, (h + 1) * part, h, heads, sources, width, cols,
                weights, edges, len(edge) > 0, first, last, results, i * width,
            )  # fmt: skip


@inlined
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
    sources, grads = pointer(x), pointer(grad)
    for i in range(lo, hi):
        for e in range(rowptr[i], rowptr[i + 1]):
            j = np.int64(col[e])
            for h in range(heads):
                at = h * part
                out[e, h] = dot(zero, one, sources, j * width + at, grads, i * width + at, part)


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
