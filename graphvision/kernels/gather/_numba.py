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
    fill,
    lanes,
    load,
    maximum,
    minimum,
    multiply,
    multiply_add,
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


@jit
def _sum_block(zero: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any) -> Any:
    value = zero
    for e in range(first, last):
        value = add(value, load(x, np.int64(col[e]) * width + at, zero))
    return value


@jit
def _reduce_block(
    zero: Any, code: Any, x: Any, width: Any, col: Any, first: Any, last: Any, at: Any
) -> Any:
    if first == last:
        return zero
    if code == 2 or code == 3:
        value = load(x, np.int64(col[first]) * width + at, zero)
        for e in range(first + 1, last):
            other = load(x, np.int64(col[e]) * width + at, zero)
            value = maximum(value, other) if code == 2 else minimum(value, other)
        return value
    value = _sum_block(zero, x, width, col, first, last, at)
    if code == 0:
        return value
    degree = splat(last - first, zero)
    mean = divide(value, degree)
    if code == 1:
        return mean
    value = zero
    for e in range(first, last):
        d = subtract(load(x, np.int64(col[e]) * width + at, zero), mean)
        value = multiply_add(d, d, value)
    variance = divide(value, degree)
    return where_at_most(variance, splat(STD_FLOOR, zero), zero, root(variance))


@jit
def _reduce_rows(lo: int, hi: int, x: Any, rowptr: Any, col: Any, codes: Any, out: Any) -> None:
    width = x.shape[1]
    nothing = x.dtype.type(0)
    wide, middle, narrow, one = (
        fill(nothing, 256), fill(nothing, 64), fill(nothing, 16), fill(nothing, 1),
    )  # fmt: skip
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for r in range(len(codes)):
            code, c = codes[r], 0
            base = (i * len(codes) + r) * width
            while c + lanes(wide) <= width:
                v = _reduce_block(wide, code, x, width, col, first, last, c)
                store(out, base + c, v)
                c += lanes(wide)
            while c + lanes(middle) <= width:
                u = _reduce_block(middle, code, x, width, col, first, last, c)
                store(out, base + c, u)
                c += lanes(middle)
            while c + lanes(narrow) <= width:
                t = _reduce_block(narrow, code, x, width, col, first, last, c)
                store(out, base + c, t)
                c += lanes(narrow)
            while c < width:
                s = _reduce_block(one, code, x, width, col, first, last, c)
                store(out, base + c, s)
                c += 1


@jit
def _scale_block(
    zero: Any, code: Any, ties: Any, x: Any, out: Any, grad: Any, width: Any, col: Any,
    first: Any, last: Any, at: Any, place: Any, scale: Any, mean: Any, winner: Any,
) -> None:  # fmt: skip
    g = load(grad, place, zero)
    degree = splat(max(1, last - first), zero)
    if code == 1:
        g = divide(g, degree)
    elif code == 4:
        std = load(out, place, zero)
        store(mean, place, divide(_sum_block(zero, x, width, col, first, last, at), degree))
        g = where_at_most(std, zero, zero, divide(g, multiply(degree, std)))
    elif code >= 2 and ties == 0:
        best, one, count = load(out, place, zero), splat(1, zero), zero
        for e in range(first, last):
            here = load(x, np.int64(col[e]) * width + at, zero)
            count = add(count, where_equal(here, best, one, zero))
        g = divide(g, count)
    elif code >= 2:
        best, none = load(out, place, zero), load(winner, 0, zero)
        found = splat(-1, none)
        for back in range(last - first):
            e = last - 1 - back
            here = load(x, np.int64(col[e]) * width + at, zero)
            mine = splat(e, none)
            found = where_equal(here, best, mine, where_equal(here, here, found, mine))
        store(winner, place, found)
    store(scale, place, g)


@jit
def _scale_rows(
    lo: int, hi: int, x: Any, out: Any, grad: Any, rowptr: Any, col: Any, codes: Any, ties: Any,
    scale: Any, mean: Any, winner: Any,
) -> None:  # fmt: skip
    width = x.shape[1]
    nothing = x.dtype.type(0)
    middle, one = fill(nothing, 64), fill(nothing, 1)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for r in range(len(codes)):
            code, c = codes[r], 0
            base = (i * len(codes) + r) * width
            while c + lanes(middle) <= width:
                _scale_block(
                    middle, code, ties, x, out, grad, width, col, first, last, c, base + c,
                    scale, mean, winner,
                )  # fmt: skip
                c += lanes(middle)
            while c < width:
                _scale_block(
                    one, code, ties, x, out, grad, width, col, first, last, c, base + c,
                    scale, mean, winner,
                )  # fmt: skip
                c += 1


@jit
def _back_block(
    zero: Any, here: Any, code: Any, ties: Any, value: Any, out: Any, scale: Any, mean: Any,
    winner: Any, stride: Any, row: Any, edge: Any, first: Any, last: Any, at: Any,
) -> Any:  # fmt: skip
    for t in range(first, last):
        place = np.int64(row[t]) * stride + at
        g = load(scale, place, zero)
        if code == 4:
            value = multiply_add(g, subtract(here, load(mean, place, zero)), value)
        elif code < 2:
            value = add(value, g)
        elif ties == 0:
            value = add(value, where_equal(here, load(out, place, zero), g, zero))
        else:
            won = load(winner, place, zero)
            value = add(value, where_equal(won, splat(edge[t], won), g, zero))
    return value


@jit
def _back_rows(
    lo: int, hi: int, x: Any, out: Any, rowptr: Any, row: Any, edge: Any, codes: Any, ties: Any,
    scale: Any, mean: Any, winner: Any, grad_x: Any,
) -> None:  # fmt: skip
    width = x.shape[1]
    stride = width * len(codes)
    nothing = x.dtype.type(0)
    wide, middle, one = fill(nothing, 256), fill(nothing, 64), fill(nothing, 1)
    for j in range(lo, hi):
        first, last, c = rowptr[j], rowptr[j + 1], 0
        while c + lanes(wide) <= width:
            v, here = wide, load(x, j * width + c, wide)
            for r in range(len(codes)):
                v = _back_block(
                    wide, here, codes[r], ties, v, out, scale, mean, winner, stride, row, edge,
                    first, last, r * width + c,
                )  # fmt: skip
            store(grad_x, j * width + c, v)
            c += lanes(wide)
        while c + lanes(middle) <= width:
            u, there = middle, load(x, j * width + c, middle)
            for r in range(len(codes)):
                u = _back_block(
                    middle, there, codes[r], ties, u, out, scale, mean, winner, stride, row, edge,
                    first, last, r * width + c,
                )  # fmt: skip
            store(grad_x, j * width + c, u)
            c += lanes(middle)
        while c < width:
            s, it = one, load(x, j * width + c, one)
            for r in range(len(codes)):
                s = _back_block(
                    one, it, codes[r], ties, s, out, scale, mean, winner, stride, row, edge,
                    first, last, r * width + c,
                )  # fmt: skip
            store(grad_x, j * width + c, s)
            c += 1


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
    codes, first = _coded(reduce), int(ties == "first")
    work = len(col) * out.shape[1]
    scale, mean, winner = grad, grad.new_empty(0), torch.empty(0, dtype=torch.int32)
    if set(reduce) != {"sum"}:
        scale = torch.empty_like(out)
        mean = torch.empty_like(out) if "std" in reduce else mean
        if first and not {"max", "min"}.isdisjoint(reduce):
            winner = torch.empty(out.shape, dtype=col.dtype)
        args = (x, out, grad, rowptr, col, codes, first, scale, mean, winner)
        run_rows(_scale_rows, len(out), work, *args)
    extra = (codes, first, scale, mean, winner, grad_x)
    run_rows(_back_rows, len(x), work, x, out, back_rowptr, back_col, order, *extra)
    return grad_x
