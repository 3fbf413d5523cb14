import re

import numpy as np
import pytest
from numba import njit

from graphvision.kernels import _numba_blocks as blocks
from graphvision.kernels._jit import OPTIONS, jit
from graphvision.kernels._numba_tiles import address
from graphvision.kernels.gather import _numba as gather

ORACLES = {
    "add": lambda a, b, c: a + b,
    "subtract": lambda a, b, c: a - b,
    "multiply": lambda a, b, c: a * b,
    "divide": lambda a, b, c: a / b,
    "maximum": lambda a, b, c: np.maximum(a, b),
    "minimum": lambda a, b, c: np.minimum(a, b),
    "where_equal": lambda a, b, c: np.where(a == b, a + b, c),
    "where_at_most": lambda a, b, c: np.where(a <= b, a + b, c),
    "root": lambda a, b, c: np.sqrt(a),
    "multiply_add": lambda a, b, c: a * b + c,
}


@jit
def apply_all(a, b, c, out):
    zero = blocks.fill(a.dtype.type(0), 32)
    n, results = len(a), blocks.pointer(out)
    for at in range(0, n, blocks.lanes(zero)):
        u = blocks.load(blocks.pointer(a), at, zero)
        v = blocks.load(blocks.pointer(b), at, zero)
        w = blocks.load(blocks.pointer(c), at, zero)
        blocks.store(results, at, blocks.add(u, v))
        blocks.store(results, n + at, blocks.subtract(u, v))
        blocks.store(results, 2 * n + at, blocks.multiply(u, v))
        blocks.store(results, 3 * n + at, blocks.divide(u, v))
        blocks.store(results, 4 * n + at, blocks.maximum(u, v))
        blocks.store(results, 5 * n + at, blocks.minimum(u, v))
        blocks.store(results, 6 * n + at, blocks.where_equal(u, v, blocks.add(u, v), w))
        blocks.store(results, 7 * n + at, blocks.where_at_most(u, v, blocks.add(u, v), w))
        blocks.store(results, 8 * n + at, blocks.root(u))
        blocks.store(results, 9 * n + at, blocks.multiply_add(u, v, w))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matches_oracle(dtype):
    special = [0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, np.nan, 3.0]
    a, b = (np.ascontiguousarray(g.ravel(), dtype) for g in np.meshgrid(special, special))
    c = np.arange(len(a), dtype=dtype)
    out = np.empty((len(ORACLES), len(a)), dtype)
    apply_all(a, b, c, out)
    with np.errstate(all="ignore"):
        for row, (name, oracle) in zip(out, ORACLES.items(), strict=True):
            np.testing.assert_array_equal(row, oracle(a, b, c).astype(dtype), err_msg=name)


@jit
def total_of(x, at):
    zero = blocks.fill(x.dtype.type(0), 64)
    return blocks.total(blocks.load(blocks.pointer(x), at, zero))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_total(dtype):
    x = np.full(20, 1000, dtype)
    x[2 : 2 + 64 // x.itemsize] = np.arange(1, 1 + 64 // x.itemsize)
    assert total_of(x, 2) == x[x < 1000].sum()


@blocks.inlined
def count(zero, c, visits):
    for lane in range(blocks.lanes(zero)):
        visits[c + lane] += 1


@jit
def visit(start, stop, visits):
    blocks.over_channels(count, visits.dtype.type(0), start, stop, blocks.pointer(visits))


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (3, 200), (5, 8), (64, 128)])
def test_every_channel_is_visited_once(start, stop):
    visits = np.zeros(220, np.float32)
    visit(start, stop, visits)
    assert visits.sum() == stop - start
    assert visits[start:stop].all()


def test_sums_stay_in_vector_registers():
    x, out = np.ones((4, 64), np.float32), np.empty((4, 64), np.float32)
    rowptr, col = np.arange(5, dtype=np.int32), np.arange(4, dtype=np.int32)
    fresh = njit(**OPTIONS | {"cache": False})(gather._reduce_rows.py_func)
    fresh(0, 4, x, rowptr, col, np.zeros(1, np.int64), out)
    code = fresh.inspect_asm(fresh.signatures[0])
    if "ymm" not in code:
        pytest.skip("not a processor with vectors of 256 bits")
    assert re.search(r"vaddps\s+[^\n]*\(.*[yz]mm", code)  # adds from memory, stores once


def test_a_kept_array_is_not_freed_under_its_pointer():
    @jit
    def addresses(n):
        held = np.empty(n)
        first = address(blocks.pointer(held), 0)
        other = np.empty(n)
        second = address(blocks.pointer(other), 0)
        blocks.keep(held)
        blocks.keep(other)
        return first, second

    for n in (100, 100_000):
        first, second = addresses(n)
        assert first != second
