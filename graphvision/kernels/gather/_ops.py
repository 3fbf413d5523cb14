"""Gather-reduce as torch sees it: ops with fakes, their gradients, and who calls them.

``_numba`` implements the ops on the CPU and ``_triton`` on the GPU, by functions of the same
signature. Indices are those of a :class:`Csr` and of its transpose.
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._gradients import wants_gradients
from graphvision.kernels._register import register
from graphvision.kernels.gather._csr import Csr

_CPU = "graphvision.kernels.gather._numba:"
_CPU_WEIGHTED = "graphvision.kernels.gather._numba_weighted:"
_CUDA = "graphvision.kernels.gather._triton"


def _reduced(x: Tensor, rowptr: Tensor, col: Tensor, reduce: Sequence[str]) -> Tensor:
    return x.new_empty(rowptr.shape[0] - 1, len(reduce) * x.shape[1])


REDUCE = register(
    "gather_reduce(Tensor x, Tensor rowptr, Tensor col, str[] reduce) -> Tensor",
    _reduced,
    CPU=_CPU + "gather_reduce",
    CUDA=_CUDA + ":gather_reduce",
)
REDUCE_BACKWARD = register(
    "gather_reduce_backward(Tensor grad, Tensor x, Tensor out, Tensor rowptr, Tensor col, "
    "Tensor back_rowptr, Tensor back_col, Tensor order, str[] reduce, str ties) -> Tensor",
    lambda grad, x, *_: x.new_empty(x.shape),
    CPU=_CPU + "gather_reduce_backward",
    CUDA=_CUDA + "_back:gather_reduce_backward",
)
WEIGHTED = register(
    "gather_weighted(Tensor x, Tensor rowptr, Tensor col, Tensor weight, Tensor? order) -> Tensor",
    lambda x, rowptr, *_: x.new_empty(rowptr.shape[0] - 1, x.shape[1]),
    CPU=_CPU_WEIGHTED + "gather_weighted",
    CUDA=_CUDA + "_weighted:gather_weighted",
)
WEIGHT_GRAD = register(
    "gather_weight_grad(Tensor x, Tensor grad, Tensor rowptr, Tensor col, int heads) -> Tensor",
    lambda x, grad, rowptr, col, heads: x.new_empty(col.shape[0], heads),
    CPU=_CPU_WEIGHTED + "gather_weight_grad",
    CUDA=_CUDA + "_weighted:gather_weight_grad",
)


class _Reduce(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, reduce: Sequence[str], ties: str, *edges: Tensor) -> Tensor:
        out: Tensor = REDUCE(x, edges[0], edges[1], reduce)
        ctx.reduce, ctx.ties = reduce, ties
        compiling = torch.compiler.is_compiling()  # then nothing is changed in place
        ctx.save_for_backward(x, *edges, *([out] if compiling else []))
        if not compiling:
            ctx.out, ctx.version = out.detach(), out._version
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, *edges = ctx.saved_tensors
        if torch.compiler.is_compiling():
            out = edges.pop()
        elif (out := ctx.out)._version != ctx.version:  # by an activation in place behind it
            out = REDUCE(x, edges[0], edges[1], ctx.reduce)
        grad_x = REDUCE_BACKWARD(grad, x, out, *edges, ctx.reduce, ctx.ties)
        return grad_x, *[None] * 7


class _Weighted(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, *edges: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight, *edges)
        out: Tensor = WEIGHTED(x, edges[0], edges[1], weight, None)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, weight, rowptr, col, back_rowptr, back_col, order = ctx.saved_tensors
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_x = WEIGHTED(grad, back_rowptr, back_col, weight, order)
        if ctx.needs_input_grad[1]:
            grad_weight = WEIGHT_GRAD(x, grad, rowptr, col, weight.shape[1])
        return grad_x, grad_weight, *[None] * 5


def gather_reduce(
    x: Tensor, csr: Csr, weight: Tensor | None, *, reduce: Sequence[str], ties: str
) -> Tensor:
    """See :func:`graphvision.kernels.gather.gather_reduce`."""
    if weight is None:
        if wants_gradients(x):
            total = _Reduce.apply(x, reduce, ties, *csr.both_ways)  # type: ignore[no-untyped-call]
        else:
            total = REDUCE(x, csr.rowptr, csr.col, reduce)
        return cast(Tensor, total)
    if wants_gradients(x, weight):
        total = _Weighted.apply(x, weight, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        total = WEIGHTED(x, csr.rowptr, csr.col, weight, None)
    degree = csr.degree.clamp(min=1).to(x.dtype).unsqueeze(1) if "mean" in reduce else None
    parts = [total if name == "sum" else total / degree for name in reduce]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)
