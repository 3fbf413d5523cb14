"""Dot-product attention on the CPU: logits, softmax and sum of a target while its row is in cache.

No number per edge and channel is stored; per edge and head the share is, for the backward pass.
"""

from typing import Any

import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_vector import LANES, fill, fma, load, store
from graphvision.kernels.attention._numba_rows import dot, flat, share_out, weighted_sum
from graphvision.kernels.softmax._numba import softmax_grad_row, softmax_row


@jit
def _product(
    x: Any, i: int, y: Any, j: int, edge: Any, e: int, width: int
) -> Any:  # fmt: skip
    product = dot(x, i, y, j, width)
    return product if edge is None else product + dot(x, i, edge, e, width)


@jit
def _forward(
    lo: int, hi: int, query: Any, key: Any, value: Any, edge: Any, scale: Any, rowptr: Any,
    col: Any, heads: int, channels: int, share: Any, out: Any,
) -> None:  # fmt: skip
    width = channels // heads
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for e in range(first, last):
            for h in range(heads):
                c = h * width
                share[e * heads + h] = scale * _product(
                    query, i * channels + c, key, col[e] * channels + c,
                    edge, e * channels + c, width,
                )  # fmt: skip
        softmax_row(share, first, last, heads)
        weighted_sum(i, first, last, value, edge, share, col, heads, channels, out)


@jit
def _grad_targets(
    lo: int, hi: int, grad: Any, query: Any, key: Any, value: Any, edge: Any, share: Any,
    scale: Any, rowptr: Any, col: Any, heads: int, channels: int, grad_logit: Any,
    grad_query: Any, grad_edge: Any,
) -> None:  # fmt: skip
    width = channels // heads
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for e in range(first, last):
            for h in range(heads):
                c = h * width
                grad_logit[e * heads + h] = _product(
                    grad, i * channels + c, value, col[e] * channels + c,
                    edge, e * channels + c, width,
                )  # fmt: skip
        softmax_grad_row(grad_logit, share, first, last, heads)
        for at in range(first * heads, last * heads):
            grad_logit[at] *= scale
        weighted_sum(i, first, last, key, edge, grad_logit, col, heads, channels, grad_query)
        if edge is not None:
            for h in range(heads):
                for c in range(h * width, (h + 1) * width, LANES):
                    left = (h + 1) * width - c
                    q = load(query, i * channels + c, left)
                    g = load(grad, i * channels + c, left)
                    for e in range(first, last):
                        both = fma(grad_logit[e * heads + h], q, g * share[e * heads + h])
                        store(grad_edge, e * channels + c, left, both)


@jit
def _grad_sources(
    lo: int, hi: int, grad: Any, query: Any, share: Any, grad_logit: Any, rowptr: Any, row: Any,
    order: Any, heads: int, channels: int, grad_key: Any, grad_value: Any,
) -> None:  # fmt: skip
    width = channels // heads
    for j in range(lo, hi):
        for h in range(heads):
            for c in range(h * width, (h + 1) * width, LANES):
                left = (h + 1) * width - c
                keys, values = fill(grad, 0), fill(grad, 0)
                for t in range(rowptr[j], rowptr[j + 1]):
                    i, at = row[t] * channels + c, order[t] * heads + h
                    keys = fma(grad_logit[at], load(query, i, left), keys)
                    values = fma(share[at], load(grad, i, left), values)
                store(grad_key, j * channels + c, left, keys)
                store(grad_value, j * channels + c, left, values)


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None, heads: int, scale: float,
    rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`; the shares too."""
    out, share = query.new_empty(query.shape), query.new_empty(len(col), heads)
    tensors = [flat(x) for x in (query, key, value, edge)]
    number = tensors[0].dtype.type(scale)
    args = (*tensors, number, flat(rowptr), flat(col), heads, query.shape[1])
    work = len(col) * query.shape[1]
    share_out(_forward, len(query), work, *args, flat(share), flat(out))
    return out, share


def dot_attention_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None, share: Tensor,
    rowptr: Tensor, col: Tensor, back_rowptr: Tensor, back_col: Tensor, order: Tensor,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradients of queries, keys, values and edges (empty without any)."""
    size, work = (share.shape[1], query.shape[1]), len(col) * query.shape[1]
    grad_logit = torch.empty_like(share)
    grads = [x.new_empty(x.shape) for x in (query, key, value)]
    grad_edge = query.new_empty((0,) if edge is None else edge.shape)
    tensors = [flat(x) for x in (grad, query, key, value, edge, share)]
    number = tensors[0].dtype.type(scale)
    args = (*tensors, number, flat(rowptr), flat(col), *size, flat(grad_logit))
    share_out(_grad_targets, len(query), work, *args, flat(grads[0]), flat(grad_edge))
    back = (flat(back_rowptr), flat(back_col), flat(order), *size)
    args = (tensors[0], tensors[1], tensors[5], flat(grad_logit), *back)
    share_out(_grad_sources, len(key), work, *args, flat(grads[1]), flat(grads[2]))
    return grads[0], grads[1], grads[2], grad_edge
