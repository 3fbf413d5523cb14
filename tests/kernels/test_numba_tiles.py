import re

import numpy as np
import pytest
from numba import njit

from graphvision.kernels import _numba_tiles as tiles
from graphvision.kernels._jit import OPTIONS, jit
from graphvision.kernels._numba_blocks import fill, lanes, load, pointer


@jit
def product(a, order, b, out):
    """``out += a[order] @ b``, three rows at a time; b has one block of columns."""
    zero = fill(a.dtype.type(0), 64)
    table = np.empty(len(order), np.int64)
    for i in range(len(order)):
        table[i] = tiles.address(pointer(a), order[i] * a.shape[1])
    for i in range(0, len(order), 3):
        total = tiles.load_tile(pointer(out), i * lanes(zero), lanes(zero), tiles.tile(zero, 3))
        rows = tiles.column(pointer(table), i, 1, total)
        for c in range(a.shape[1]):
            block = load(pointer(b), c * lanes(zero), zero)
            total = tiles.add_product(total, rows, c, block)
        tiles.store_tile(pointer(out), i * lanes(zero), lanes(zero), total)


@jit
def outer(a, b, out):
    """``out = Σ_i a_i ⊗ b_i`` for four numbers of a and a block of b."""
    zero = fill(a.dtype.type(0), 64)
    total = tiles.tile(zero, 4)
    for i in range(len(a)):
        numbers = tiles.consecutive(tiles.address(pointer(a), i * a.shape[1]), total)
        total = tiles.add_product(total, numbers, 0, load(pointer(b), i * lanes(zero), zero))
    tiles.store_tile(pointer(out), 0, lanes(zero), total)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matches_oracle(dtype):
    rng = np.random.default_rng(0)
    width = 64 // np.dtype(dtype).itemsize
    a = rng.integers(-9, 9, (7, 5)).astype(dtype)
    b = rng.integers(-9, 9, (5, width)).astype(dtype)
    order = rng.integers(0, 7, 6)
    out = np.ones((6, width), dtype)
    product(a, order, b, out)
    np.testing.assert_array_equal(out, 1 + a[order] @ b)
    a, b = a[:, :4].copy(), rng.integers(-9, 9, (7, width)).astype(dtype)
    out = np.empty((4, width), dtype)
    outer(a, b, out)
    np.testing.assert_array_equal(out, a.T @ b)


def test_products_are_fused_in_registers():
    out = np.empty((4, 16), np.float32)
    fresh = njit(**OPTIONS | {"cache": False})(outer.py_func)
    fresh(np.ones((7, 4), np.float32), np.ones((7, 16), np.float32), out)
    code = fresh.inspect_asm(fresh.signatures[0])
    if "ymm" not in code:
        pytest.skip("not a processor with vectors of 256 bits")
    assert len(re.findall(r"vfmadd\w+ps[^\n]*[yz]mm", code)) >= 4
    assert not re.search(r"vfmadd\w+ss", code)
