import doctest
from math import prod

import pytest
import torch

from graphvision.kernels import BackendUnavailable, _triton_tiles
from graphvision.kernels._dispatch import TABLE, Kernel, chosen
from graphvision.kernels._triton_tiles import power, tile

GPU_OPS = sorted(op for op, rows in TABLE.items() if "triton" in rows)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels", [0, 1, 3, 64, 84, 512])
@pytest.mark.parametrize("heads", [0, 1, 3])
@pytest.mark.parametrize(
    ("rows", "edges"), [(0, 0), (1, 0), (5, 9), (1, 10**6), (10**6, 9 * 10**6)]
)
def test_tiles_fit(rows, edges, heads, channels, dtype):
    x = torch.empty(0, channels * max(1, heads), dtype=dtype)
    cut = tile(rows, edges, x, heads)
    sizes = (cut.rows, cut.lanes, cut.heads, cut.width, cut.parts, cut.unroll)
    assert all(size == power(size) for size in sizes)  # Triton's tiles have sides of 2^n
    assert prod(sizes[:4]) <= max(1024, power(channels))
    if heads:
        assert cut.width >= channels
    if rows:
        assert (cut.grid(rows, 1)[0] - 1) * cut.rows < rows <= cut.grid(rows, 1)[0] * cut.rows


def test_two_regimes():
    x = torch.empty(0, 64)
    neighbours, pixels, readout = (
        tile(*s, x) for s in ((10**5, 10**6), (2000, 2 * 10**6), (8, 10**6))
    )
    assert (neighbours.lanes, neighbours.parts) == (1, 1)
    assert pixels.lanes * pixels.width >= 1024
    assert readout.parts * 8 >= 256


def test_example():
    assert doctest.testmod(_triton_tiles).failed == 0


@pytest.mark.parametrize("op", GPU_OPS)
def test_errors(op):
    rows = TABLE[op]
    with pytest.raises(BackendUnavailable, match=rf"'triton' of `{op}` needs .* float32 on cpu"):
        chosen(op, "triton", torch.ones(1))
    assert chosen(op, "auto", torch.ones(1)) == "numba"
    assert rows["triton"].refusal("cuda", torch.float64).endswith("got float64 on cuda")
    assert rows["triton"].refusal("cuda", torch.bfloat16) is None


def test_a_missing_package_is_named():
    reason = Kernel(devices=("cuda",), package="no_such_package").refusal("cuda", torch.float32)
    assert reason == "needs the package 'no_such_package', which can't be imported"
