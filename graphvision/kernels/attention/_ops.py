"""Attention as torch sees it: ops with fakes, and their gradients."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._gradients import BOTH_WAYS, empty_like, needed, wants_gradients
from graphvision.kernels._register import register
from graphvision.kernels.gather import Csr

_GAT = "graphvision.kernels.attention._numba_gat:"
_DOT = "graphvision.kernels.attention._numba_dot:"
_CUDA = "graphvision.kernels.attention._triton:"

GAT = register(
    "gat_attention(Tensor target, Tensor source, Tensor? edge, Tensor? edge_weight, "
    "Tensor vector, float slope, Tensor rowptr, Tensor col) -> (Tensor, Tensor)",
    lambda target, source, edge, edge_weight, vector, slope, rowptr, col: (
        empty_like(target, target),
        target.new_empty(col.shape[0], vector.shape[0]),
    ),
    CPU=_GAT + "gat_attention",
    CUDA=_CUDA + "gat_attention",
)
GAT_BACKWARD = register(
    "gat_attention_backward(Tensor grad, Tensor target, Tensor source, Tensor? edge, "
    f"Tensor? edge_weight, Tensor vector, Tensor share, {BOTH_WAYS}, float slope, bool to_edge) "
    "-> (Tensor, Tensor, Tensor, Tensor, Tensor)",
    lambda grad, target, source, edge, edge_weight, vector, *rest: (
        empty_like(target, target),
        empty_like(target, source),
        empty_like(target, edge, rest[-1]),
        empty_like(target, edge_weight),
        empty_like(target, vector),
    ),
    CPU=_GAT + "gat_attention_backward",
    CUDA=_CUDA + "gat_attention_backward",
)
DOT = register(
    "dot_attention(Tensor query, Tensor key, Tensor value, Tensor? edge, Tensor? edge_weight, "
    "int heads, float scale, Tensor rowptr, Tensor col) -> (Tensor, Tensor)",
    lambda query, key, value, edge, edge_weight, heads, scale, rowptr, col: (
        empty_like(query, query),
        query.new_empty(col.shape[0], heads),
    ),
    CPU=_DOT + "dot_attention",
    CUDA=_CUDA + "dot_attention",
)
DOT_BACKWARD = register(
    "dot_attention_backward(Tensor grad, Tensor query, Tensor key, Tensor value, Tensor? edge, "
    f"Tensor? edge_weight, Tensor share, {BOTH_WAYS}, float scale, bool to_edge) "
    "-> (Tensor, Tensor, Tensor, Tensor, Tensor)",
    lambda grad, query, key, value, edge, edge_weight, *rest: (
        empty_like(query, query),
        empty_like(query, key),
        empty_like(query, value),
        empty_like(query, edge, rest[-1]),
        empty_like(query, edge_weight),
    ),
    CPU=_DOT + "dot_attention_backward",
    CUDA=_CUDA + "dot_attention_backward",
)


class _Gat(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, target: Tensor, source: Tensor, edge: Tensor | None,
        edge_weight: Tensor | None, vector: Tensor, slope: float, *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        out, share = GAT(target, source, edge, edge_weight, vector, slope, edges[0], edges[1])
        ctx.slope = slope
        ctx.save_for_backward(target, source, edge, edge_weight, vector, share, *edges)
        result: Tensor = out
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        needs = ctx.needs_input_grad
        found = GAT_BACKWARD(grad, *ctx.saved_tensors, ctx.slope, needs[2])
        return *needed(found, needs), *[None] * 6


class _Dot(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None,
        edge_weight: Tensor | None, heads: int, scale: float, *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        tensors = (query, key, value, edge, edge_weight)
        out, share = DOT(*tensors, heads, scale, edges[0], edges[1])
        ctx.scale = scale
        ctx.save_for_backward(*tensors, share, *edges)
        result: Tensor = out
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        needs = ctx.needs_input_grad
        found = DOT_BACKWARD(grad, *ctx.saved_tensors, ctx.scale, needs[3])
        return *needed(found, needs), *[None] * 7


def gat_attention(
    target: Tensor, source: Tensor, vector: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, slope: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`."""
    tensors = (target, source, edge, edge_weight, vector)
    if wants_gradients(*tensors):
        out = _Gat.apply(*tensors, slope, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        out, _ = GAT(*tensors, slope, csr.rowptr, csr.col)
    result: Tensor = out
    return result


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, heads: int, scale: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`."""
    tensors = (query, key, value, edge, edge_weight)
    if wants_gradients(*tensors):
        out = _Dot.apply(*tensors, heads, scale, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        out, _ = DOT(*tensors, heads, scale, csr.rowptr, csr.col)
    result: Tensor = out
    return result
