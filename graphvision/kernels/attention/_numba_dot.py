"""Dot-product attention on the CPU: logits, softmax and sum of a target while its row is in cache.

No number per edge and channel is stored, nor computed for edge terms: ``q · W e = (Wᵀ q) · e`` and
``Σ_e α_e W e = W Σ_e α_e e`` take one matrix product per target, not per edge. Per edge and head
the share is kept for the backward pass.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels import _numba_blocks as blocks
from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import inlined, multiply_add, over_channels, pointer, splat
from graphvision.kernels._numba_edges import (
    BLOCK,
    add_blocks,
    add_to,
    dot,
    flat,
    num_blocks,
    products,
    share_out,
    turned,
    weighted_sum,
)
from graphvision.kernels._numba_vector import LANES, fill, fma, load, store
from graphvision.kernels.softmax._numba import softmax_grad_row, softmax_row


@jit
def _turn(i: int, x: Any, weight: Any, heads: int, channels: int, out: Any) -> None:
    """``Wᵀ x_i``, head by head."""
    width = channels // heads
    for d in range(weight.size // channels):
        for h in range(heads):
            c = h * width
            out[d * heads + h] = dot(x, i * channels + c, weight, d * channels + c, width)


@jit
def _mean_edge(first: int, last: int, share: Any, edge: Any, heads: int, out: Any) -> None:
    """``Σ_e α_e e``, head by head."""
    size = out.size // heads
    for d in range(size):
        for h in range(0, heads, LANES):
            acc = fill(out, 0)
            for e in range(first, last):
                acc = fma(edge[e * size + d], load(share, e * heads + h, heads - h), acc)
            store(out, d * heads + h, heads - h, acc)


@jit
def _edge_grads(
    first: int, last: int, grad_logit: Any, turned_query: Any, share: Any, turned_grad: Any,
    heads: int, out: Any,
) -> None:  # fmt: skip
    """What the logits and the values of a row's edges give to the features of the edges."""
    size = turned_query.size // heads
    for e in range(first, last):
        for d in range(size):
            acc = share.dtype.type(0)
            for h in range(heads):
                acc += grad_logit[e * heads + h] * turned_query[d * heads + h]
                acc += share[e * heads + h] * turned_grad[d * heads + h]
            out[e * size + d] = acc


@jit
def _products(
    i: int, first: int, last: int, x: Any, y: Any, edge: Any, weight: Any, col: Any,
    heads: int, channels: int, turned_x: Any, out: Any,
) -> None:  # fmt: skip
    """``x_i · (y_j + W e)`` of all edges of row i; leaves ``Wᵀ x_i`` in ``turned_x``."""
    products(i, first, last, x, y, col, heads, channels, out)
    if edge is not None:
        size = weight.size // channels
        _turn(i, x, weight, heads, channels, turned_x)
        for e in range(first, last):
            for h in range(0, heads, LANES):
                acc = load(out, e * heads + h, heads - h)
                for d in range(size):
                    acc = fma(edge[e * size + d], load(turned_x, d * heads + h, heads - h), acc)
                store(out, e * heads + h, heads - h, acc)


@jit
def _sums(
    i: int, first: int, last: int, share: Any, y: Any, edge: Any, weight: Any, col: Any,
    heads: int, channels: int, mean: Any, out: Any,
) -> None:  # fmt: skip
    """``Σ_e α_e (y_j + W e)`` in row i; leaves ``Σ_e α_e e`` in ``mean``."""
    weighted_sum(i, first, last, y, share, col, heads, channels, out)
    if edge is not None:
        width, size = channels // heads, weight.size // channels
        _mean_edge(first, last, share, edge, heads, mean)
        for h in range(heads):
            for c in range(h * width, (h + 1) * width, LANES):
                left = (h + 1) * width - c
                acc = load(out, i * channels + c, left)
                for d in range(size):
                    acc = fma(mean[d * heads + h], load(weight, d * channels + c, left), acc)
                store(out, i * channels + c, left, acc)


@jit
def _outer(
    i: int, x: Any, mean: Any, heads: int, channels: int, sums: Any, at: int
) -> None:  # fmt: skip
    """Add ``x_i ⊗ Σ_e α_e e`` to a block's gradient of W."""
    width = channels // heads
    for h in range(heads):
        for c in range(h * width, (h + 1) * width, LANES):
            left = (h + 1) * width - c
            v = load(x, i * channels + c, left)
            for d in range(mean.size // heads):
                add_to(sums, at + d * channels + c, left, v * mean[d * heads + h])


@jit
def _forward(
    lo: int, hi: int, query: Any, key: Any, value: Any, edge: Any, weight: Any, scale: Any,
    rowptr: Any, col: Any, heads: int, channels: int, share: Any, out: Any,
) -> None:  # fmt: skip
    size = 0 if edge is None else weight.size // channels
    scratch = np.empty(size * heads, dtype=query.dtype)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        _products(
            i, first, last, query, key, edge, weight, col, heads, channels, scratch, share
        )  # fmt: skip
        for at in range(first * heads, last * heads):
            share[at] *= scale
        softmax_row(share, first, last, heads, share)
        _sums(i, first, last, share, value, edge, weight, col, heads, channels, scratch, out)


@jit
def _grad_blocks(
    lo: int, hi: int, grad: Any, query: Any, key: Any, value: Any, edge: Any, weight: Any,
    share: Any, scale: Any, rowptr: Any, col: Any, heads: int, channels: int, grad_logit: Any,
    grad_query: Any, grad_edge: Any, sums: Any, per_block: int,
) -> None:  # fmt: skip
    size = 0 if edge is None else weight.size // channels
    turned_grad, turned_query, mean = np.empty((3, size * heads), dtype=query.dtype)
    for b in range(lo, hi):
        at = b * per_block
        sums[at : at + per_block] = 0
        for i in range(b * BLOCK, min((b + 1) * BLOCK, rowptr.size - 1)):
            first, last = rowptr[i], rowptr[i + 1]
            _products(
                i, first, last, grad, value, edge, weight, col, heads, channels,
                turned_grad, grad_logit,
            )  # fmt: skip
            softmax_grad_row(grad_logit, share, first, last, heads, grad_logit)
            for k in range(first * heads, last * heads):
                grad_logit[k] *= scale
            _sums(
                i, first, last, grad_logit, key, edge, weight, col, heads, channels, mean,
                grad_query,
            )  # fmt: skip
            if edge is not None:
                _outer(i, query, mean, heads, channels, sums, at)
                _mean_edge(first, last, share, edge, heads, mean)
                _outer(i, grad, mean, heads, channels, sums, at)
                if grad_edge is not None:
                    _turn(i, query, weight, heads, channels, turned_query)
                    _edge_grads(
                        first, last, grad_logit, turned_query, share, turned_grad, heads,
                        grad_edge,
                    )  # fmt: skip


@inlined
def _source_block(
    zero: Any, c: Any, head: Any, heads: Any, grad: Any, query: Any, share: Any, grad_logit: Any,
    row: Any, order: Any, channels: Any, first: Any, last: Any, at: Any, grad_key: Any,
    grad_value: Any,
) -> None:  # fmt: skip
    keys, values = zero, zero
    for t in range(first, last):
        i, e = np.int64(row[t]) * channels + c, np.int64(order[t]) * heads + head
        keys = multiply_add(splat(grad_logit[e], zero), blocks.load(query, i, zero), keys)
        values = multiply_add(splat(share[e], zero), blocks.load(grad, i, zero), values)
    blocks.store(grad_key, at + c, keys)
    blocks.store(grad_value, at + c, values)


@jit
def _grad_sources(
    lo: int, hi: int, grad: Any, query: Any, share: Any, grad_logit: Any, rowptr: Any, row: Any,
    order: Any, heads: int, channels: int, grad_key: Any, grad_value: Any,
) -> None:  # fmt: skip
    width, nothing = channels // heads, grad.dtype.type(0)
    grads, queries, shares, logits = (
        pointer(grad), pointer(query), pointer(share), pointer(grad_logit),
    )  # fmt: skip
    rows, orders, keys, values = (
        pointer(row),
        pointer(order),
        pointer(grad_key),
        pointer(grad_value),
    )
    for j in range(lo, hi):
        for h in range(heads):
            over_channels(
                _source_block, nothing, h * width, (h + 1) * width, h, heads, grads, queries,
                shares, logits, rows, orders, channels, rowptr[j], rowptr[j + 1], j * channels,
                keys, values,
            )  # fmt: skip


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    heads: int, scale: float, rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`; the shares too."""
    out, share = query.new_empty(query.shape), query.new_empty(len(col), heads)
    tensors = [flat(x) for x in (query, key, value, edge, turned(edge_weight))]
    number = tensors[0].dtype.type(scale)
    args = (*tensors, number, flat(rowptr), flat(col), heads, query.shape[1])
    work = len(col) * query.shape[1]
    share_out(_forward, len(query), work, *args, flat(share), flat(out))
    return out, share


def dot_attention_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, share: Tensor, rowptr: Tensor, col: Tensor, back_rowptr: Tensor,
    back_col: Tensor, order: Tensor, scale: float, to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of query, key, value, edge (empty unless ``to_edge``) and edge_weight."""
    heads, channels = share.shape[1], query.shape[1]
    count, work = num_blocks(len(query)), len(col) * channels
    grad_logit = torch.empty_like(share)
    grads = [x.new_empty(x.shape) for x in (query, key, value)]
    grad_edge = query.new_empty(edge.shape if edge is not None and to_edge else (0,))
    size = 0 if edge_weight is None else edge_weight.shape[1]
    sums = query.new_empty(count, size, channels)
    tensors = [flat(x) for x in (grad, query, key, value, edge, turned(edge_weight), share)]
    number = tensors[0].dtype.type(scale)
    args = (*tensors, number, flat(rowptr), flat(col), heads, channels, flat(grad_logit))
    outs = (flat(grads[0]), flat(grad_edge if to_edge else None), flat(sums), size * channels)
    share_out(_grad_blocks, count, work, *args, *outs)
    back = (flat(back_rowptr), flat(back_col), flat(order), heads, channels)
    args = (tensors[0], tensors[1], tensors[6], flat(grad_logit), *back)
    share_out(_grad_sources, len(key), work, *args, flat(grads[1]), flat(grads[2]))
    grad_weight = add_blocks(sums).T.contiguous() if size else query.new_empty(0)
    return grads[0], grads[1], grads[2], grad_edge, grad_weight
