"""Additive attention on the CPU: logits, softmax and sum of a target while its row is in cache.

No number per edge and channel is stored. Per edge and head the share is, for the backward pass,
which computes ``z_e = t_i + s_j + W e`` again: a block of channels at a time, in registers.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import (
    add,
    inlined,
    keep,
    lanes,
    load,
    multiply,
    multiply_add,
    over_channels,
    pointer,
    splat,
    store,
    total,
    where_at_most,
)
from graphvision.kernels._numba_edges import (
    BLOCK,
    add_blocks,
    flat,
    longest_row,
    num_blocks,
    products,
    share_out,
    turned,
    weighted_sum,
)
from graphvision.kernels.softmax._numba import softmax_grad_row, softmax_row

_WIDEST = 64  # lanes of the widest block in float32


@inlined
def _mixed(
    c: Any, own: Any, other: Any, at: Any, edge: Any, e: Any, weight: Any, size: Any, channels: Any
) -> Any:  # fmt: skip
    """Z of edge e from channel c on; ``own`` is the term of the row's node, ``other + at`` there.

    ``weight`` holds one row per feature of the edges.
    """
    z = add(own, load(other, at + c, own))
    for d in range(size):
        z = multiply_add(splat(edge[e * size + d], own), load(weight, d * channels + c, own), z)
    return z


@inlined
def _logit_block(
    zero: Any, c: Any, head: Any, heads: Any, target: Any, i: Any, source: Any, col: Any,
    edge: Any, weight: Any, size: Any, vector: Any, channels: Any, slope: Any, first: Any,
    last: Any, share: Any,
) -> None:  # fmt: skip
    own, a, bend = load(target, i * channels + c, zero), load(vector, c, zero), splat(slope, zero)
    for e in range(first, last):
        at = np.int64(col[e]) * channels
        z = _mixed(c, own, source, at, edge, e, weight, size, channels)
        bent = where_at_most(z, zero, multiply(z, bend), z)
        share[e * heads + head] += total(multiply(a, bent))


@jit
def _forward(
    lo: int, hi: int, target: Any, source: Any, edge: Any, weight: Any, vector: Any, slope: Any,
    rowptr: Any, col: Any, heads: int, share: Any, out: Any,
) -> None:  # fmt: skip
    channels, nothing = vector.size, out.dtype.type(0)
    width, size = channels // heads, weight.size // channels
    targets, sources, edges, weights = (
        pointer(target), pointer(source), pointer(edge), pointer(weight),
    )  # fmt: skip
    vectors, cols, shares = pointer(vector), pointer(col), pointer(share)
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        share[first * heads : last * heads] = 0
        for h in range(heads):
            over_channels(
                _logit_block, nothing, h * width, (h + 1) * width, h, heads, targets, i, sources,
                cols, edges, weights, size, vectors, channels, slope, first, last, shares,
            )  # fmt: skip
        softmax_row(share, first, last, heads, share)
        weighted_sum(i, first, last, source, share, col, heads, channels, out)


@inlined
def _edge_grads(
    zero: Any, c: Any, a: Any, first: Any, last: Any, steps: Any, edge: Any, weight: Any,
    size: Any, channels: Any, grad_edge: Any, to_edge: Any, sums: Any,
) -> None:  # fmt: skip
    """Add what the row's ∂z, the factor a aside, give to the features and the matrix."""
    for d in range(size):
        value = zero
        for e in range(first, last):
            step = load(steps, (e - first) * lanes(zero), zero)
            value = multiply_add(splat(edge[e * size + d], zero), step, value)
        at = d * channels + c
        store(sums, at, multiply_add(a, value, load(sums, at, zero)))
    for e in range(first, last if to_edge else first):
        step = multiply(a, load(steps, (e - first) * lanes(zero), zero))
        for d in range(size):
            grad_edge[e * size + d] += total(multiply(step, load(weight, d * channels + c, zero)))


@inlined
def _target_block(
    zero: Any, c: Any, head: Any, heads: Any, target: Any, i: Any, source: Any, col: Any,
    edge: Any, weight: Any, size: Any, vector: Any, channels: Any, slope: Any, first: Any,
    last: Any, grad_logit: Any, steps: Any, grad_target: Any, grad_edge: Any, to_edge: Any,
    grad_vector: Any, grad_weight: Any,
) -> None:  # fmt: skip
    own, a = load(target, i * channels + c, zero), load(vector, c, zero)
    below, above, slopes, values = splat(slope, zero), splat(1.0, zero), zero, zero
    for e in range(first, last):
        at = np.int64(col[e]) * channels
        z = _mixed(c, own, source, at, edge, e, weight, size, channels)
        bend = where_at_most(z, zero, below, above)
        step = multiply(bend, splat(grad_logit[e * heads + head], zero))
        slopes, values = add(slopes, step), multiply_add(step, z, values)
        if size > 0:
            store(steps, (e - first) * lanes(zero), step)
    _edge_grads(
        zero, c, a, first, last, steps, edge, weight, size, channels, grad_edge, to_edge,
        grad_weight,
    )  # fmt: skip
    store(grad_target, i * channels + c, multiply(a, slopes))
    store(grad_vector, c, add(values, load(grad_vector, c, zero)))


@jit
def _grad_blocks(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any, vector: Any,
    slope: Any, share: Any, rowptr: Any, col: Any, heads: int, grad_logit: Any,
    grad_target: Any, grad_edge: Any, to_edge: Any, sums: Any,
) -> None:  # fmt: skip
    channels, nothing = vector.size, grad.dtype.type(0)
    width, size, rows = channels // heads, weight.size // channels, rowptr.size - 1
    longest = longest_row(rowptr, lo * BLOCK, min(hi * BLOCK, rows)) if size > 0 else 0
    scratch = np.empty(longest * _WIDEST, dtype=grad.dtype)
    targets, sources, edges, weights = (
        pointer(target), pointer(source), pointer(edge), pointer(weight),
    )  # fmt: skip
    vectors, cols, logits = pointer(vector), pointer(col), pointer(grad_logit)
    steps, to_targets, to_edges = pointer(scratch), pointer(grad_target), pointer(grad_edge)
    for b in range(lo, hi):
        of_vector, of_weight = pointer(sums[b, :1]), pointer(sums[b, 1:])
        sums[b] = 0
        for i in range(b * BLOCK, min((b + 1) * BLOCK, rows)):
            first, last = rowptr[i], rowptr[i + 1]
            products(i, first, last, grad, source, col, heads, channels, grad_logit)
            softmax_grad_row(grad_logit, share, first, last, heads, grad_logit)
            for h in range(heads):
                over_channels(
                    _target_block, nothing, h * width, (h + 1) * width, h, heads, targets, i,
                    sources, cols, edges, weights, size, vectors, channels, slope, first, last,
                    logits, steps, to_targets, to_edges, to_edge, of_vector, of_weight,
                )  # fmt: skip
    keep(scratch)


@inlined
def _source_block(
    zero: Any, c: Any, head: Any, heads: Any, target: Any, row: Any, order: Any, source: Any,
    j: Any, edge: Any, weight: Any, size: Any, vector: Any, channels: Any, slope: Any,
    first: Any, last: Any, grad: Any, share: Any, grad_logit: Any, grad_source: Any,
) -> None:  # fmt: skip
    own, below, above = load(source, j * channels + c, zero), splat(slope, zero), splat(1.0, zero)
    slopes, values = zero, zero
    for t in range(first, last):
        i, e = np.int64(row[t]) * channels, np.int64(order[t])
        z = _mixed(c, own, target, i, edge, e, weight, size, channels)
        bend = where_at_most(z, zero, below, above)
        slopes = multiply_add(bend, splat(grad_logit[e * heads + head], zero), slopes)
        values = multiply_add(splat(share[e * heads + head], zero), load(grad, i + c, zero), values)
    store(grad_source, j * channels + c, multiply_add(load(vector, c, zero), slopes, values))


@jit
def _grad_sources(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any, vector: Any,
    slope: Any, share: Any, grad_logit: Any, rowptr: Any, row: Any, order: Any, heads: int,
    grad_source: Any,
) -> None:  # fmt: skip
    channels, nothing = vector.size, grad.dtype.type(0)
    width, size = channels // heads, weight.size // channels
    targets, sources, edges, weights = (
        pointer(target), pointer(source), pointer(edge), pointer(weight),
    )  # fmt: skip
    vectors, rows, orders, grads = pointer(vector), pointer(row), pointer(order), pointer(grad)
    shares, logits, out = pointer(share), pointer(grad_logit), pointer(grad_source)
    for j in range(lo, hi):
        for h in range(heads):
            over_channels(
                _source_block, nothing, h * width, (h + 1) * width, h, heads, targets, rows,
                orders, sources, j, edges, weights, size, vectors, channels, slope, rowptr[j],
                rowptr[j + 1], grads, shares, logits, out,
            )  # fmt: skip


def _or_empty(x: Tensor | None, like: Tensor) -> Tensor:
    return like.new_empty(0) if x is None else x


def gat_attention(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    vector: Tensor, slope: float, rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`; the shares too."""
    heads = vector.shape[0]
    out, share = target.new_empty(target.shape), target.new_empty(len(col), heads)
    given = (target, source, _or_empty(edge, out), _or_empty(turned(edge_weight), out), vector)
    tensors = [flat(x) for x in given]
    args = (*tensors, slope, flat(rowptr), flat(col), heads, flat(share), flat(out))
    share_out(_forward, len(target), len(col) * vector.numel(), *args)
    return out, share


def gat_attention_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, vector: Tensor, share: Tensor, rowptr: Tensor, col: Tensor,
    back_rowptr: Tensor, back_col: Tensor, order: Tensor, slope: float, to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of target, source, edge (empty unless ``to_edge``), edge_weight and vector."""
    heads, channels = vector.shape[0], vector.numel()
    blocks, work = num_blocks(len(target)), len(col) * channels
    grad_logit = torch.empty_like(share)
    grad_target, grad_source = target.new_empty(target.shape), source.new_empty(source.shape)
    grad_edge = target.new_zeros(edge.shape if edge is not None and to_edge else (0,))
    size = 0 if edge_weight is None else edge_weight.shape[1]
    sums = vector.new_empty(blocks, size + 1, channels)
    given = (_or_empty(edge, grad), _or_empty(turned(edge_weight), grad))
    tensors = [flat(x) for x in (grad, target, source, *given, vector)]
    args = (*tensors, slope, flat(share), flat(rowptr), flat(col), heads, flat(grad_logit))
    outs = (flat(grad_target), flat(grad_edge), grad_edge.numel() > 0, sums.numpy())
    share_out(_grad_blocks, blocks, work, *args, *outs)
    back = (flat(back_rowptr), flat(back_col), flat(order), heads, flat(grad_source))
    args = (*tensors, slope, flat(share), flat(grad_logit), *back)
    share_out(_grad_sources, len(source), work, *args)
    added = add_blocks(sums)
    grad_weight = added[1:].T.contiguous() if size else vector.new_empty(0)
    return grad_target, grad_source, grad_edge, grad_weight, added[0].clone().view(vector.shape)
