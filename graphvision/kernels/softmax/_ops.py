"""The softmax over rows as torch sees it: ops with fakes, and their gradient."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._register import register
from graphvision.kernels.gather import Csr

_CPU = "graphvision.kernels.softmax._numba:"
_CUDA = "graphvision.kernels.softmax._triton:"

SOFTMAX = register(
    "segment_softmax(Tensor logits, Tensor rowptr) -> Tensor",
    lambda logits, rowptr: logits.new_empty(logits.shape),
    CPU=_CPU + "segment_softmax",
    CUDA=_CUDA + "segment_softmax",
)
SOFTMAX_BACKWARD = register(
    "segment_softmax_backward(Tensor grad, Tensor share, Tensor rowptr) -> Tensor",
    lambda grad, share, rowptr: share.new_empty(share.shape),
    CPU=_CPU + "segment_softmax_backward",
    CUDA=_CUDA + "segment_softmax_backward",
)


class _Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, rowptr: Tensor) -> Tensor:
        share: Tensor = SOFTMAX(logits, rowptr)
        ctx.save_for_backward(share, rowptr)
        return share

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        return SOFTMAX_BACKWARD(grad, *ctx.saved_tensors), None


def segment_softmax(logits: Tensor, csr: Csr) -> Tensor:
    """See :func:`graphvision.kernels.softmax.segment_softmax`."""
    share: Tensor = _Softmax.apply(logits, csr.rowptr)  # type: ignore[no-untyped-call]
    return share
