"""Stencils on a GPU."""

import pytest
import torch

from graphvision.kernels._dispatch import chosen
from graphvision.kernels.stencil import bilateral_stencil, depthwise_stencil

pytestmark = pytest.mark.gpu

BOUNDS = {torch.float32: 2e-5, torch.float16: 1e-2, torch.bfloat16: 8e-2}
OPS = {
    "depthwise_stencil": (depthwise_stencil, ((4, 200, 300, 64), (3, 3, 64)), {}),
    "bilateral_stencil": (
        bilateral_stencil, ((4, 200, 300, 20), (4, 200, 300, 3), (5, 5)), {"sigma": 0.8}
    ),
}  # fmt: skip


def run(op, tensors, backend):
    call, _, options = OPS[op]
    leaves = tuple(t.detach().clone().requires_grad_() for t in tensors)
    out = call(*leaves, **options, backend=backend)
    grad = torch.linspace(-1, 1, out.shape[-1], device="cuda").to(out.dtype).expand_as(out)
    return out.detach(), *torch.autograd.grad(out, leaves, grad)


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("op", OPS)
def test_matches_reference(op, dtype):
    tensors = tuple(torch.rand(shape, device="cuda").add(0.1).to(dtype) for shape in OPS[op][1])
    assert chosen(op, "auto", tensors[0]) == "triton"
    got = run(op, tensors, "auto")
    want = run(op, tuple(t.double() for t in tensors), "reference")
    for g, w in zip(got, want, strict=True):
        assert (g.double() - w).abs().max() <= BOUNDS[dtype] * w.abs().max().clamp(min=1)
    assert all(torch.equal(a, b) for a, b in zip(got, run(op, tensors, "auto"), strict=True))
