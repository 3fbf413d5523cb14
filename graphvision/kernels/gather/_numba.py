"""Reduce over the neighbours in registers, row by row, without an ``[e, c]`` buffer, on the CPU.

Every row is cut into blocks of channels, wide ones first. A block runs over all neighbours of the
row with its result in registers. Several reductions take turns on a row, whose neighbours are then
in the cache.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    add,
    divide,
    inlined,
    load,
    maximum,
    minimum,
    multiply,
    multiply_add,
    over_channels,
    pointer,
    root,
    splat,
    store,
    subtract,
    where_at_most,
    where_equal,
)
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather._reference import STD_FLOOR

_GRAIN = 1 << 15  # elements of the gathered input that are worth a thread
_CODES = {"sum": 0, "mean": 1, "max": 2, "min": 3, "std": 4}


@inlined
def _sum(zero: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any) -> Any:
    value = zero
    for e in range(first, last):
        value = add(value, load(x, np.int64(col[e]) * width + at, zero))
    return value


@inlined
def _maximum(zero: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any) -> Any:
    value = load(x, np.int64(col[first]) * width + at, zero)
    for e in range(first + 1, last):
        value = maximum(value, load(x, np.int64(col[e]) * width + at, zero))
    return value


@inlined
def _minimum(zero: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any) -> Any:
    value = load(x, np.int64(col[first]) * width + at, zero)
    for e in range(first + 1, last):
        value = minimum(value, load(x, np.int64(col[e]) * width + at, zero))
    return value


@inlined
def _deviation(
    zero: Any, mean: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any
) -> Any:
    value = zero
    for e in range(first, last):
        d = subtract(load(x, np.int64(col[e]) * width + at, zero), mean)
        value = multiply_add(d, d, value)
    variance = divide(value, splat(last - first, zero))
    return where_at_most(variance, splat(STD_FLOOR, zero), zero, root(variance))


@inlined
def _reduce_block(
    zero: Any, c: Any, code: Any, x: Any, width: Any, col: Any, first: Any, last: Any, out: Any,
    base: Any,
) -> None:  # fmt: skip
    if first == last:
        store(out, base + c, zero)
    elif code == 0:
        store(out, base + c, _sum(zero, x, width, col, first, last, c))
    elif code == 2:
        store(out, base + c, _maximum(zero, x, width, col, first, last, c))
    elif code == 3:
        store(out, base + c, _minimum(zero, x, width, col, first, last, c))
    else:
        mean = divide(_sum(zero, x, width, col, first, last, c), splat(last - first, zero))
        if code == 1:
            store(out, base + c, mean)
        else:
            store(out, base + c, _deviation(zero, mean, x, width, col, first, last, c))


@jit
def _reduce_rows(lo: int, hi: int, x: Any, rowptr: Any, col: Any, codes: Any, out: Any) -> None:
    width, count, nothing = x.shape[1], len(codes), x.dtype.type(0)
    sources, cols, results = pointer(x), pointer(col), pointer(out)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for r in range(count):
            over_channels(
                _reduce_block, nothing, 0, width, codes[r], sources, width, cols, first, last,
                results, (i * count + r) * width,
            )  # fmt: skip


@inlined
def _count_equal(
    zero: Any, best: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any
) -> Any:
    one, count = splat(1, zero), zero
    for e in range(first, last):
        here = load(x, np.int64(col[e]) * width + at, zero)
        count = add(count, where_equal(here, best, one, zero))
    return count


@inlined
def _first_equal(
    none: Any, best: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any
) -> Any:
    """The first edge that carries the extreme, or NaN where that is the extreme."""
    found = none
    for back in range(last - first):
        e = last - 1 - back
        here, mine = load(x, np.int64(col[e]) * width + at, best), splat(e, none)
        found = where_equal(here, best, mine, where_equal(here, here, found, mine))
    return found


@inlined
def _scale_block(
    zero: Any, c: Any, code: Any, first_wins: Any, x: Any, out: Any, grad: Any, width: Any,
    col: Any, first: Any, last: Any, base: Any, scale: Any, extra: Any, winner: Any,
) -> None:  # fmt: skip
    g = load(grad, base + c, zero)
    degree = splat(max(1, last - first), zero)
    if code == 1:
        g = divide(g, degree)
    elif code == 4:
        std = load(out, base + c, zero)
        mean = divide(_sum(zero, x, width, col, first, last, c), degree)
        store(extra, base + c, mean)
        g = where_at_most(std, zero, zero, divide(g, multiply(degree, std)))
    elif code >= 2:
        best = load(out, base + c, zero)
        if first_wins:
            none = splat(-1, load(winner, base + c, zero))
            store(winner, base + c, _first_equal(none, best, x, width, col, first, last, c))
        else:
            g = divide(g, _count_equal(zero, best, x, width, col, first, last, c))
    store(scale, base + c, g)


@jit
def _scale_rows(
    lo: int, hi: int, x: Any, out: Any, grad: Any, rowptr: Any, col: Any, codes: Any,
    first_wins: Any, scale: Any, extra: Any, winner: Any,
) -> None:  # fmt: skip
    width, count, nothing = x.shape[1], len(codes), x.dtype.type(0)
    sources, results, grads, cols = pointer(x), pointer(out), pointer(grad), pointer(col)
    scales, extras, winners = pointer(scale), pointer(extra), pointer(winner)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for r in range(count):
            over_channels(
                _scale_block, nothing, 0, width, codes[r], first_wins, sources, results, grads,
                width, cols, first, last, (i * count + r) * width, scales, extras, winners,
            )  # fmt: skip


@inlined
def _back_block(
    zero: Any, c: Any, codes: Any, count: Any, first_wins: Any, x: Any, out: Any, row: Any,
    edge: Any, first: Any, last: Any, width: Any, j: Any, scale: Any, extra: Any, winner: Any,
    grad_x: Any,
) -> None:  # fmt: skip
    value, here = zero, load(x, j * width + c, zero)
    stride = width * count
    for r in range(count):
        code, at = codes[r], r * width + c
        if code < 2:
            for t in range(first, last):
                value = add(value, load(scale, np.int64(row[t]) * stride + at, zero))
        elif code == 4:
            for t in range(first, last):
                place = np.int64(row[t]) * stride + at
                d = subtract(here, load(extra, place, zero))
                value = multiply_add(load(scale, place, zero), d, value)
        elif first_wins:
            for t in range(first, last):
                place = np.int64(row[t]) * stride + at
                won = load(winner, place, zero)
                g = load(scale, place, zero)
                value = add(value, where_equal(won, splat(edge[t], won), g, zero))
        else:
            for t in range(first, last):
                place = np.int64(row[t]) * stride + at
                g = load(scale, place, zero)
                value = add(value, where_equal(here, load(out, place, zero), g, zero))
    store(grad_x, j * width + c, value)


@jit
def _back_rows(
    lo: int, hi: int, x: Any, out: Any, rowptr: Any, row: Any, edge: Any, codes: Any,
    first_wins: Any, scale: Any, extra: Any, winner: Any, grad_x: Any,
) -> None:  # fmt: skip
    width, count, nothing = x.shape[1], len(codes), x.dtype.type(0)
    sources, results, rows, edges = pointer(x), pointer(out), pointer(row), pointer(edge)
    scales, extras, winners = pointer(scale), pointer(extra), pointer(winner)
    grads, kinds = pointer(grad_x), pointer(codes)
    for j in range(lo, hi):
        over_channels(
            _back_block, nothing, 0, width, kinds, count, first_wins, sources, results, rows,
            edges, rowptr[j], rowptr[j + 1], width, j, scales, extras, winners, grads,
        )  # fmt: skip


def run_rows(kernel: Any, rows: int, work: int, *args: Any) -> None:
    """Share out ``rows`` of equal parts of ``work`` gathered numbers; tensors go in as arrays."""
    arrays = (a.detach().contiguous().numpy() if isinstance(a, Tensor) else a for a in args)
    for_rows(kernel, rows, *arrays, grain=max(1, _GRAIN * rows // max(1, work)))


def _coded(reduce: Sequence[str]) -> Any:
    return np.array([_CODES[name] for name in reduce], dtype=np.int64)


def gather_reduce(x: Tensor, rowptr: Tensor, col: Tensor, reduce: Sequence[str]) -> Tensor:
    """The op ``graphvision::gather_reduce`` on the CPU."""
    out = x.new_empty(len(rowptr) - 1, len(reduce) * x.shape[1])
    work = len(col) * x.shape[1] * len(reduce)
    run_rows(_reduce_rows, len(out), work, x, rowptr, col, _coded(reduce), out)
    return out


def gather_reduce_backward(
    grad: Tensor, x: Tensor, out: Tensor, rowptr: Tensor, col: Tensor,
    back_rowptr: Tensor, back_col: Tensor, order: Tensor, reduce: Sequence[str], ties: str,
) -> Tensor:  # fmt: skip
    """The op ``graphvision::gather_reduce_backward`` on the CPU."""
    grad_x = x.new_empty(x.shape)
    codes, first_wins = _coded(reduce), ties == "first"
    work = len(col) * out.shape[1]
    scale, mean, winner = grad, grad.new_empty(0), col[:0]
    if set(reduce) != {"sum"}:
        scale = torch.empty_like(out)
        mean = torch.empty_like(out) if "std" in reduce else mean
        if first_wins and not {"max", "min"}.isdisjoint(reduce):
            winner = torch.empty(out.shape, dtype=col.dtype)
        args = (x, out, grad, rowptr, col, codes, first_wins, scale, mean, winner)
        run_rows(_scale_rows, len(out), work, *args)
    extra = (codes, first_wins, scale, mean, winner, grad_x)
    run_rows(_back_rows, len(x), work, x, out, back_rowptr, back_col, order, *extra)
    return grad_x
