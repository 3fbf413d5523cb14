"""Every op on the edges of a graph that has a kernel for the GPU, on one."""

import pytest
import torch

from graphvision.kernels._dispatch import TABLE, chosen
from graphvision.kernels.gather import Csr
from graphvision.kernels.softmax import segment_softmax
from tests.contracts.test_ops import CASES, Case, graph

pytestmark = pytest.mark.gpu

SOFTMAX = Case(
    "segment_softmax",
    lambda csr, x, backend="auto": segment_softmax(x, csr, backend=backend),
    lambda csr, channels: (4 * torch.randn(csr.col.shape[0], channels, dtype=torch.float64),),
    lambda csr, x: [],
)
GPU_CASES = [c for c in (*CASES, SOFTMAX) if "triton" in TABLE.get(c.name.split()[0], {})]
SIZES = {  # name: targets, sources, edges
    "small": (9, 7, 30),
    "neighbours": (20_000, 20_000, 160_000),
    "pixels": (500, 300_000, 300_000),
    "painted": (300_000, 500, 300_000),
    "readout": (3, 50_000, 200_000),
}
# Whose message is the greatest depends on rounding, and with it who gets the gradient.
ROUNDED_WINNERS = {"edge_mlp max"}
BOUNDS = {torch.float32: 2e-5, torch.float16: 1e-2, torch.bfloat16: 8e-2}

each_case = pytest.mark.parametrize("case", GPU_CASES, ids=lambda case: case.name)


def on_gpu(case, size, channels, dtype, index=torch.int32):
    csr = graph(case, *SIZES[size])
    tensors = tuple(t.to("cuda", dtype) for t in case.tensors(csr, channels))
    return Csr(csr.rowptr.to("cuda", index), csr.col.to("cuda", index), csr.num_sources), tensors


def with_gradients(case, csr, tensors, backend):
    """The result, and the gradients for one that is the same whatever the result and the dtype."""
    leaves = tuple(t.detach().clone().requires_grad_() for t in tensors)
    out = case.call(csr, *leaves, backend=backend)
    grad = torch.linspace(-1, 1, max(1, out.shape[1]), device=out.device).to(torch.bfloat16)
    grad = grad.to(out.dtype).expand_as(out)
    return (out.detach(), *torch.autograd.grad(out, leaves, grad))


def poison():
    """Leave NaN where the next results are allocated."""
    for size in (1 << 12, 1 << 20, 1 << 26):
        torch.full((size,), float("nan"), device="cuda")


def test_every_kernel_has_a_case():
    registered = {op for op, row in TABLE.items() if "triton" in row and not row["triton"].target}
    registered -= {"bilateral_stencil", "depthwise_stencil"}  # on images: test_stencil.py
    assert {c.name.split()[0] for c in GPU_CASES} == registered


@each_case
@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [4, 64, 84])
def test_matches_reference(case, size, channels, dtype):
    csr, tensors = on_gpu(case, size, channels, dtype)
    assert chosen(case.name.split()[0], "auto", tensors[0]) == "triton"
    poison()
    got = with_gradients(case, csr, tensors, "auto")
    want = with_gradients(case, csr, tuple(t.double() for t in tensors), "auto")
    if case.name in ROUNDED_WINNERS and not (size == "small" and dtype == torch.float32):
        got, want = got[:1], want[:1]
    for g, w in zip(got, want, strict=True):
        assert g.dtype == dtype
        # sums of many terms of both signs: relative to the largest result
        assert (g.double() - w).abs().max() <= BOUNDS[dtype] * w.abs().max().clamp(min=1)


@each_case
def test_long_indices(case):
    csr, tensors = on_gpu(case, "small", 8, torch.float32, torch.int64)
    got = with_gradients(case, csr, tensors, "triton")
    want = with_gradients(case, csr, tensors, "reference")
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)


@each_case
def test_beyond_int32(case):
    """Results of more than 2³¹ numbers, looked at where they end."""
    if case.taps > 1 or "basis" in case.name:
        pytest.skip("their matrices make this too large a test")
    targets, channels = (1 << 24) + 5, 132
    if case is SOFTMAX or torch.cuda.get_device_properties(0).total_memory < 70 << 30:
        pytest.skip("needs more numbers per target, or a larger GPU")
    row = torch.arange(targets - 1, device="cuda")
    csr = Csr.from_sorted(row, row % 50, targets, 50)
    with torch.no_grad():
        tensors = tuple(t.to("cuda", torch.float16) for t in case.tensors(csr, channels))
        out = case.call(csr, *tensors, backend="triton")
        assert out.numel() > 2**31
        assert out[-2].any()
        assert not out[-1].any()


@each_case
@pytest.mark.parametrize("size", ["neighbours", "pixels", "readout"])
def test_same_bits(case, size):
    csr, tensors = on_gpu(case, size, 20, torch.float32)
    want = with_gradients(case, csr, tensors, "triton")
    for _ in range(20):
        poison()
        got = with_gradients(case, csr, tensors, "triton")
        assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))


@each_case
def test_double_runs_the_reference(case):
    _, tensors = on_gpu(case, "small", 4, torch.float64)
    assert chosen(case.name.split()[0], "auto", tensors[0]) == "reference"
