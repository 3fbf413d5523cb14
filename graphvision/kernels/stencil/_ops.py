"""Stencils as torch sees them: ops with fakes, and their gradients."""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._register import register

_CUDA = "graphvision.kernels.stencil._triton:"

DEPTHWISE = register(
    "depthwise_stencil(Tensor x, Tensor weight, int dilation) -> Tensor",
    lambda x, weight, dilation: x.new_empty(x.shape),
    CUDA=_CUDA + "depthwise_stencil",
)
DEPTHWISE_GRAD_WEIGHT = register(
    "depthwise_stencil_grad_weight(Tensor grad, Tensor x, Tensor weight, int dilation) -> Tensor",
    lambda grad, x, weight, dilation: weight.new_empty(weight.shape),
    CUDA=_CUDA + "depthwise_stencil_grad_weight",
)
BILATERAL = register(
    "bilateral_stencil(Tensor x, Tensor guide, Tensor weight, float sigma, int dilation) -> Tensor",
    lambda x, guide, weight, sigma, dilation: x.new_empty(x.shape),
    CUDA=_CUDA + "bilateral_stencil",
)
BILATERAL_BACKWARD = register(
    "bilateral_stencil_backward(Tensor grad, Tensor x, Tensor guide, Tensor weight, Tensor out, "
    "float sigma, int dilation) -> (Tensor, Tensor, Tensor)",
    lambda grad, x, guide, weight, *rest: tuple(t.new_empty(t.shape) for t in (x, guide, weight)),
    CUDA=_CUDA + "bilateral_stencil_backward",
)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
        ctx.dilation = dilation
        ctx.save_for_backward(x, weight)
        return cast(Tensor, DEPTHWISE(x, weight, dilation))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, weight = ctx.saved_tensors
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_x = DEPTHWISE(grad, weight.flip(0, 1), ctx.dilation)
        if ctx.needs_input_grad[1]:
            grad_weight = DEPTHWISE_GRAD_WEIGHT(grad, x, weight, ctx.dilation)
        return grad_x, grad_weight, None


class _Bilateral(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, guide: Tensor, weight: Tensor, sigma: float, dilation: int
    ) -> Tensor:
        out = cast(Tensor, BILATERAL(x, guide, weight, sigma, dilation))
        ctx.options = (sigma, dilation)
        ctx.save_for_backward(x, guide, weight, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        found = BILATERAL_BACKWARD(grad, *ctx.saved_tensors, *ctx.options)
        return *found, None, None


def depthwise_stencil(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """See :func:`graphvision.kernels.stencil.depthwise_stencil`."""
    return cast(Tensor, _Depthwise.apply(x, weight, dilation))  # type: ignore[no-untyped-call]


def bilateral_stencil(
    x: Tensor, guide: Tensor, weight: Tensor, sigma: float, dilation: int
) -> Tensor:
    """See :func:`graphvision.kernels.stencil.bilateral_stencil`."""
    args = (x, guide, weight, sigma, dilation)
    return cast(Tensor, _Bilateral.apply(*args))  # type: ignore[no-untyped-call]
