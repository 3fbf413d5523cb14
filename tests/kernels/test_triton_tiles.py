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
    on_cpu = rows.get("numba")  # without one, the plain torch form runs
    taken = sorted(rows["triton"].dtypes & (on_cpu or rows["triton"]).dtypes, key=str)[0]
    name = str(taken).removeprefix("torch.")
    with pytest.raises(BackendUnavailable, match=rf"'triton' of `{op}` needs .* {name} on cpu"):
        chosen(op, "triton", torch.ones(1, dtype=taken))
    assert chosen(op, "auto", torch.ones(1, dtype=taken)) == ("numba" if on_cpu else "reference")
    assert rows["triton"].refusal("cuda", torch.complex64).endswith("got complex64 on cuda")
    assert all(rows["triton"].refusal("cuda", dtype) is None for dtype in rows["triton"].dtypes)


def test_registered_ops_take_what_networks_compute_in():
    registered = [TABLE[op]["triton"] for op in GPU_OPS if not TABLE[op]["triton"].target]
    assert registered
    for row in registered:
        assert row.refusal("cuda", torch.float64).endswith("got float64 on cuda")
        assert row.refusal("cuda", torch.bfloat16) is None


def test_a_missing_package_is_named():
    reason = Kernel(devices=("cuda",), package="no_such_package").refusal("cuda", torch.float32)
    assert reason == "needs the package 'no_such_package', which can't be imported"
