"""Additive attention on the CPU: logits, softmax and sum of a target while its row is in cache.

No number per edge and channel is stored. Per edge and head the share is, for the backward pass,
which computes ``z_e = t_i + s_j + W e`` again.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_edges import (
    BLOCK,
    add_blocks,
    add_to,
    dot,
    edge_grads,
    flat,
    longest_row,
    mixed,
    num_blocks,
    share_out,
    turned,
    weighted_sum,
)
from graphvision.kernels._numba_vector import LANES, fill, fma, load, store, total, where_positive
from graphvision.kernels.softmax._numba import softmax_grad_row, softmax_row


@jit
def _forward(
    lo: int, hi: int, target: Any, source: Any, edge: Any, weight: Any, vector: Any, slope: float,
    rowptr: Any, col: Any, heads: int, share: Any, out: Any,
) -> None:  # fmt: skip
    channels = vector.size
    width = channels // heads
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for e in range(first, last):
            for h in range(heads):
                acc = fill(out, 0)
                for c in range(h * width, (h + 1) * width, LANES):
                    left = (h + 1) * width - c
                    z = mixed(target, i, source, col[e], edge, e, weight, c, left, channels)
                    acc = fma(load(vector, c, left), where_positive(z, z, z * slope), acc)
                share[e * heads + h] = total(acc)
        softmax_row(share, first, last, heads, share)
        weighted_sum(i, first, last, source, share, col, heads, channels, out)


@jit
def _grad_blocks(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any, vector: Any,
    slope: float, share: Any, rowptr: Any, col: Any, heads: int, grad_logit: Any,
    grad_target: Any, grad_edge: Any, sums: Any, per_block: int,
) -> None:  # fmt: skip
    channels = vector.size
    width = channels // heads
    rows = rowptr.size - 1
    longest = 0 if edge is None else longest_row(rowptr, lo * BLOCK, min(hi * BLOCK, rows))
    steps = np.empty(longest * LANES, dtype=grad.dtype)
    for b in range(lo, hi):
        at = b * per_block
        sums[at : at + per_block] = 0
        for i in range(b * BLOCK, min((b + 1) * BLOCK, rows)):
            first, last = rowptr[i], rowptr[i + 1]
            for e in range(first, last):
                for h in range(heads):
                    c = h * width
                    grad_logit[e * heads + h] = dot(
                        grad, i * channels + c, source, col[e] * channels + c, width
                    )
            softmax_grad_row(grad_logit, share, first, last, heads, grad_logit)
            for h in range(heads):
                for c in range(h * width, (h + 1) * width, LANES):
                    left = (h + 1) * width - c
                    a = load(vector, c, left)
                    slopes, values = fill(grad, 0), fill(grad, 0)
                    for e in range(first, last):
                        z = mixed(target, i, source, col[e], edge, e, weight, c, left, channels)
                        step = where_positive(z, 1.0, slope) * grad_logit[e * heads + h]
                        slopes = slopes + step
                        values = fma(step, z, values)
                        if edge is not None:
                            store(steps, (e - first) * LANES, LANES, a * step)
                    if edge is not None:
                        edge_grads(
                            first, last, steps, edge, weight, c, left, channels,
                            grad_edge, sums, at + channels,
                        )  # fmt: skip
                    store(grad_target, i * channels + c, left, a * slopes)
                    add_to(sums, at + c, left, values)


@jit
def _grad_sources(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any, vector: Any,
    slope: float, share: Any, grad_logit: Any, rowptr: Any, row: Any, order: Any, heads: int,
    grad_source: Any,
) -> None:  # fmt: skip
    channels = vector.size
    width = channels // heads
    for j in range(lo, hi):
        for h in range(heads):
            for c in range(h * width, (h + 1) * width, LANES):
                left = (h + 1) * width - c
                slopes, values = fill(grad, 0), fill(grad, 0)
                for t in range(rowptr[j], rowptr[j + 1]):
                    i, e = row[t], order[t]
                    z = mixed(target, i, source, j, edge, e, weight, c, left, channels)
                    slopes = slopes + where_positive(z, 1.0, slope) * grad_logit[e * heads + h]
                    values = fma(share[e * heads + h], load(grad, i * channels + c, left), values)
                both = fma(load(vector, c, left), slopes, values)
                store(grad_source, j * channels + c, left, both)


def gat_attention(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    vector: Tensor, slope: float, rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`; the shares too."""
    heads = vector.shape[0]
    out, share = target.new_empty(target.shape), target.new_empty(len(col), heads)
    tensors = [flat(x) for x in (target, source, edge, turned(edge_weight), vector)]
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
    tensors = [flat(x) for x in (grad, target, source, edge, turned(edge_weight), vector)]
    args = (*tensors, slope, flat(share), flat(rowptr), flat(col), heads, flat(grad_logit))
    outs = (flat(grad_target), flat(grad_edge if to_edge else None), flat(sums))
    share_out(_grad_blocks, blocks, work, *args, *outs, (size + 1) * channels)
    back = (flat(back_rowptr), flat(back_col), flat(order), heads, flat(grad_source))
    args = (*tensors, slope, flat(share), flat(grad_logit), *back)
    share_out(_grad_sources, len(source), work, *args)
    added = add_blocks(sums)
    grad_weight = added[1:].T.contiguous() if size else vector.new_empty(0)
    return grad_target, grad_source, grad_edge, grad_weight, added[0].clone().view(vector.shape)
