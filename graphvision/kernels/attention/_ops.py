"""Attention as torch sees it: ops with fakes, and their gradients."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._register import register
from graphvision.kernels.gather import Csr

_GAT = "graphvision.kernels.attention._numba_gat:"
_DOT = "graphvision.kernels.attention._numba_dot:"
_BOTH_WAYS = "Tensor rowptr, Tensor col, Tensor back_rowptr, Tensor back_col, Tensor order"


def _like(x: Tensor) -> Tensor:
    return x.new_empty(x.shape)


def _like_edge(x: Tensor, edge: Tensor | None) -> Tensor:
    return x.new_empty((0,) if edge is None else edge.shape)


GAT = register(
    "gat_attention(Tensor target, Tensor source, Tensor? edge, Tensor vector, float slope, "
    "Tensor rowptr, Tensor col) -> (Tensor, Tensor)",
    lambda target, source, edge, vector, slope, rowptr, col: (
        _like(target),
        target.new_empty(col.shape[0], vector.shape[0]),
    ),
    CPU=_GAT + "gat_attention",
)
GAT_BACKWARD = register(
    "gat_attention_backward(Tensor grad, Tensor target, Tensor source, Tensor? edge, "
    f"Tensor vector, Tensor share, {_BOTH_WAYS}, float slope) "
    "-> (Tensor, Tensor, Tensor, Tensor)",
    lambda grad, target, source, edge, vector, *_: (
        _like(target),
        _like(source),
        _like_edge(target, edge),
        _like(vector),
    ),
    CPU=_GAT + "gat_attention_backward",
)
DOT = register(
    "dot_attention(Tensor query, Tensor key, Tensor value, Tensor? edge, int heads, "
    "float scale, Tensor rowptr, Tensor col) -> (Tensor, Tensor)",
    lambda query, key, value, edge, heads, scale, rowptr, col: (
        _like(query),
        query.new_empty(col.shape[0], heads),
    ),
    CPU=_DOT + "dot_attention",
)
DOT_BACKWARD = register(
    "dot_attention_backward(Tensor grad, Tensor query, Tensor key, Tensor value, Tensor? edge, "
    f"Tensor share, {_BOTH_WAYS}, float scale) -> (Tensor, Tensor, Tensor, Tensor)",
    lambda grad, query, key, value, edge, *_: (
        _like(query),
        _like(key),
        _like(value),
        _like_edge(query, edge),
    ),
    CPU=_DOT + "dot_attention_backward",
)


class _Gat(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, target: Tensor, source: Tensor, edge: Tensor | None, vector: Tensor,
        slope: float, *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        out, share = GAT(target, source, edge, vector, slope, edges[0], edges[1])
        ctx.slope = slope
        ctx.save_for_backward(target, source, edge, vector, share, *edges)
        result: Tensor = out
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        target, source, edge, vector = GAT_BACKWARD(grad, *ctx.saved_tensors, ctx.slope)
        return target, source, edge if ctx.needs_input_grad[2] else None, vector, *[None] * 6


class _Dot(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None, heads: int,
        scale: float, *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        out, share = DOT(query, key, value, edge, heads, scale, edges[0], edges[1])
        ctx.scale = scale
        ctx.save_for_backward(query, key, value, edge, share, *edges)
        result: Tensor = out
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        query, key, value, edge = DOT_BACKWARD(grad, *ctx.saved_tensors, ctx.scale)
        return query, key, value, edge if ctx.needs_input_grad[3] else None, *[None] * 7


def gat_attention(
    target: Tensor, source: Tensor, vector: Tensor, csr: Csr, edge: Tensor | None, slope: float
) -> Tensor:
    """See :func:`graphvision.kernels.attention.gat_attention`."""
    if torch.is_grad_enabled():
        out = _Gat.apply(target, source, edge, vector, slope, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        out, _ = GAT(target, source, edge, vector, slope, csr.rowptr, csr.col)
    result: Tensor = out
    return result


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, csr: Csr, edge: Tensor | None, heads: int,
    scale: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`."""
    if torch.is_grad_enabled():
        out = _Dot.apply(query, key, value, edge, heads, scale, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        out, _ = DOT(query, key, value, edge, heads, scale, csr.rowptr, csr.col)
    result: Tensor = out
    return result
