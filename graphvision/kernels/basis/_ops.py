"""Basis gather and convolution as torch sees them: ops with fakes, and their gradients.

``dense`` tells two forms of the same convolution apart. Dense: a row per target, and a weight for
every edge and tap. Else: a row per target and tap, and a weight per edge or none.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._gradients import wants_gradients
from graphvision.kernels._register import register
from graphvision.kernels.gather import Csr

_CPU = "graphvision.kernels.basis._numba:"
_CPU_CONV = "graphvision.kernels.basis._numba_conv:"
_CUDA = "graphvision.kernels.basis._triton:"

GATHER = register(
    "basis_gather(Tensor x, Tensor rowptr, Tensor col, Tensor basis) -> Tensor",
    lambda x, rowptr, col, basis: x.new_empty(rowptr.shape[0] - 1, basis.shape[1] * x.shape[1]),
    CPU=_CPU + "basis_gather",
    CUDA=_CUDA + "basis_gather",
)
GATHER_GRAD_X = register(
    "basis_gather_grad_x(Tensor grad, Tensor basis, Tensor back_rowptr, Tensor back_col, "
    "Tensor order, int width) -> Tensor",
    lambda grad, basis, rowptr, col, order, width: grad.new_empty(rowptr.shape[0] - 1, width),
    CPU=_CPU + "basis_gather_grad_x",
    CUDA=_CUDA + "basis_gather_grad_x",
)
GATHER_GRAD_BASIS = register(
    "basis_gather_grad_basis(Tensor x, Tensor grad, Tensor rowptr, Tensor col, int functions) "
    "-> Tensor",
    lambda x, grad, rowptr, col, functions: x.new_empty(col.shape[0], functions),
    CPU=_CPU + "basis_gather_grad_basis",
    CUDA=_CUDA + "basis_gather_grad_basis",
)


def _convolved(
    x: Tensor, rowptr: Tensor, col: Tensor, weight: Any, order: Any, kernel: Tensor, bias: Any,
    dense: bool,
) -> Tensor:  # fmt: skip
    taps = 1 if dense else kernel.shape[0]
    return x.new_empty((rowptr.shape[0] - 1) // taps, kernel.shape[2])


CONV = register(
    "tap_conv(Tensor x, Tensor rowptr, Tensor col, Tensor? weight, Tensor? order, Tensor kernel, "
    "Tensor? bias, bool dense) -> Tensor",
    _convolved,
    CPU=_CPU_CONV + "tap_conv",
    CUDA=_CUDA + "tap_conv",
)
CONV_GRAD_KERNEL = register(
    "tap_conv_grad_kernel(Tensor x, Tensor grad, Tensor rowptr, Tensor col, Tensor? weight, "
    "int taps, bool dense) -> Tensor",
    lambda x, grad, rowptr, col, weight, taps, dense: x.new_empty(
        taps, grad.shape[1], x.shape[1]
    ).transpose(1, 2),
    CPU=_CPU_CONV + "tap_conv_grad_kernel",
    CUDA=_CUDA + "tap_conv_grad_kernel",
)
CONV_GRAD_WEIGHT = register(
    "tap_conv_grad_weight(Tensor x, Tensor grad, Tensor rowptr, Tensor col, Tensor kernel, "
    "bool dense) -> Tensor",
    lambda x, grad, rowptr, col, kernel, dense: x.new_empty(
        (col.shape[0], kernel.shape[0]) if dense else (col.shape[0],)
    ),
    CPU=_CPU_CONV + "tap_conv_grad_weight",
    CUDA=_CUDA + "tap_conv_grad_weight",
)


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, basis: Tensor, *edges: Tensor) -> Tensor:
        ctx.save_for_backward(x, basis, *edges)
        return cast(Tensor, GATHER(x, edges[0], edges[1], basis))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, basis, rowptr, col, back_rowptr, back_col, order = ctx.saved_tensors
        grad_x = grad_basis = None
        if ctx.needs_input_grad[0]:
            grad_x = GATHER_GRAD_X(grad, basis, back_rowptr, back_col, order, x.shape[1])
        if ctx.needs_input_grad[1]:
            grad_basis = GATHER_GRAD_BASIS(x, grad, rowptr, col, basis.shape[1])
        return grad_x, grad_basis, *[None] * 5


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, kernel: Tensor, weight: Tensor | None, bias: Tensor | None,
        dense: bool, *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        ctx.dense = dense
        ctx.save_for_backward(x, kernel, weight, *edges)
        return cast(Tensor, CONV(x, edges[0], edges[1], weight, None, kernel, bias, dense))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, kernel, weight, rowptr, col, back_rowptr, back_col, order = ctx.saved_tensors
        grad_x = grad_kernel = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            turned = kernel.transpose(1, 2)
            grad_x = CONV(grad, back_rowptr, back_col, weight, order, turned, None, ctx.dense)
        if ctx.needs_input_grad[1]:
            taps = kernel.shape[0]
            grad_kernel = CONV_GRAD_KERNEL(x, grad, rowptr, col, weight, taps, ctx.dense)
        if ctx.needs_input_grad[2]:
            grad_weight = CONV_GRAD_WEIGHT(x, grad, rowptr, col, kernel, ctx.dense)
        if ctx.needs_input_grad[3]:
            grad_bias = grad.sum(0)
        return grad_x, grad_kernel, grad_weight, grad_bias, *[None] * 6


def basis_gather(x: Tensor, csr: Csr, basis: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_gather`."""
    if wants_gradients(x, basis):
        return cast(Tensor, _Gather.apply(x, basis, *csr.both_ways))  # type: ignore[no-untyped-call]
    return cast(Tensor, GATHER(x, csr.rowptr, csr.col, basis))


def basis_conv(x: Tensor, csr: Csr, basis: Tensor, kernel: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_conv`."""
    if wants_gradients(x, basis, kernel):
        args = (x, kernel, basis, None, True, *csr.both_ways)
        return cast(Tensor, _Conv.apply(*args))  # type: ignore[no-untyped-call]
    return cast(Tensor, CONV(x, csr.rowptr, csr.col, basis, None, kernel, None, True))


def tap_conv(
    x: Tensor, csr: Csr, kernel: Tensor, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """See :func:`graphvision.kernels.basis.tap_conv`."""
    if wants_gradients(x, kernel, weight, bias):
        back, order = csr.transposed_by(kernel.shape[0])
        args = (x, kernel, weight, bias, False, csr.rowptr, csr.col, back.rowptr, back.col, order)
        return cast(Tensor, _Conv.apply(*args))  # type: ignore[no-untyped-call]
    return cast(Tensor, CONV(x, csr.rowptr, csr.col, weight, None, kernel, bias, False))
