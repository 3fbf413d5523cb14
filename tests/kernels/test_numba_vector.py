import re

import numpy as np
import pytest
import scipy.special

from graphvision.kernels import _numba_math as vm
from graphvision.kernels import _numba_vector as v
from graphvision.kernels._jit import jit


@jit
def pointwise(x, out, which):
    for at in range(0, x.size, v.LANES):
        z = v.load(x, at, x.size - at)
        if which == 0:
            y = vm.exp(z)
        elif which == 1:
            y = vm.tanh(z)
        else:
            y = vm.normal_tail(z, vm.exp(z * z * -0.5))
        v.store(out, at, x.size - at, y)


@jit
def dot(x, y, at, n):
    acc = v.fill(x, 0)
    for c in range(0, n, v.LANES):
        acc = v.fma(v.load(x, at + c, n - c), v.load(y, at + c, n - c), acc)
    return v.total(acc)


CASES = [
    (0, np.exp, (-87, 88), 3),
    (1, np.tanh, (-12, 12), 3),
    (2, lambda x: scipy.special.erfc(x / np.sqrt(2)) / 2, (0, 5), 40),  # the rounding of x² grows
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("which", "oracle", "span", "ulp"), CASES, ids=["exp", "tanh", "tail"])
def test_matches_oracle(which, oracle, span, ulp, dtype):
    x = np.linspace(*span, 100_003, dtype=dtype)
    out = np.empty_like(x)
    pointwise(x, out, which)
    want = oracle(x.astype(np.float64))
    assert np.max(np.abs(out - want) / np.abs(want).clip(1e-37)) <= ulp * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edge_cases(dtype):
    x = np.array([np.nan, -np.inf, np.inf, 0, -0.0, -200, 1, 2, 3], dtype=dtype)
    out = np.full(12, 7, dtype=dtype)
    pointwise(x, out[:9], 0)
    assert np.isnan(out[0])
    assert out[1:5].tolist() == [0, np.inf, 1, 1]
    assert out[5] <= 1e-80
    assert out[9:].tolist() == [7, 7, 7]
    pointwise(x, out[:9], 1)
    assert np.isnan(out[0])
    assert out[1:6].tolist() == [-1, 1, 0, 0, -1]


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 16, 31])
def test_sums_read_only_their_numbers(n):
    x, y = np.arange(40.0), np.ones(40)
    x[[0, *range(1 + n, 40)]] = np.nan
    assert dot(x, y, 1, n) == sum(range(1, n + 1))


def test_vectorised():
    x = np.ones(16, dtype=np.float32)
    dot(x, x, 0, 16)
    code = dot.inspect_asm(dot.signatures[-1])
    if "ymm" not in code:
        pytest.skip("not a processor with vectors of 256 bits")
    assert re.search(r"vfmadd\w+ps.*ymm", code)
