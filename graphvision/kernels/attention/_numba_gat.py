"""Additive attention on the CPU: logits, softmax and sum of a target while its row is in cache.

No number per edge and channel is stored; per edge and head the share is, for the backward pass,
which computes ``z_e = t_i + s_j + u_e`` again.
"""

from typing import Any

import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_vector import LANES, fill, fma, load, store, total, where_positive
from graphvision.kernels.attention._numba_rows import (
    add_blocks,
    dot,
    flat,
    num_blocks,
    share_out,
    weighted_sum,
)
from graphvision.kernels.softmax._numba import softmax_grad_row, softmax_row

BLOCK = 256  # targets whose sums for the vector are added first, whoever computes them


@jit
def _mixed(
    target: Any, i: int, source: Any, j: int, edge: Any, e: int, left: int
) -> Any:  # fmt: skip
    z = load(target, i, left) + load(source, j, left)
    return z if edge is None else z + load(edge, e, left)


@jit
def _forward(
    lo: int, hi: int, target: Any, source: Any, edge: Any, vector: Any, slope: float,
    rowptr: Any, col: Any, heads: int, share: Any, out: Any,
) -> None:  # fmt: skip
    channels = vector.size
    width = channels // heads
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        for e in range(first, last):
            j = col[e]
            for h in range(heads):
                acc = fill(out, 0)
                for c in range(h * width, (h + 1) * width, LANES):
                    left = (h + 1) * width - c
                    z = _mixed(
                        target, i * channels + c, source, j * channels + c,
                        edge, e * channels + c, left,
                    )  # fmt: skip
                    acc = fma(load(vector, c, left), where_positive(z, z, z * slope), acc)
                share[e * heads + h] = total(acc)
        softmax_row(share, first, last, heads)
        weighted_sum(i, first, last, source, None, share, col, heads, channels, out)


@jit
def _grad_blocks(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, vector: Any, slope: float,
    share: Any, rowptr: Any, col: Any, heads: int, grad_logit: Any, grad_target: Any,
    grad_edge: Any, grad_vector: Any,
) -> None:  # fmt: skip
    channels = vector.size
    width = channels // heads
    for b in range(lo, hi):
        for c in range(b * channels, (b + 1) * channels):
            grad_vector[c] = 0
        for i in range(b * BLOCK, min((b + 1) * BLOCK, rowptr.size - 1)):
            first, last = rowptr[i], rowptr[i + 1]
            for e in range(first, last):
                for h in range(heads):
                    c = h * width
                    grad_logit[e * heads + h] = dot(
                        grad, i * channels + c, source, col[e] * channels + c, width
                    )
            softmax_grad_row(grad_logit, share, first, last, heads)
            for h in range(heads):
                for c in range(h * width, (h + 1) * width, LANES):
                    left = (h + 1) * width - c
                    a = load(vector, c, left)
                    slopes, values = fill(grad, 0), fill(grad, 0)
                    for e in range(first, last):
                        z = _mixed(
                            target, i * channels + c, source, col[e] * channels + c,
                            edge, e * channels + c, left,
                        )  # fmt: skip
                        g = grad_logit[e * heads + h]
                        step = where_positive(z, 1.0, slope) * g
                        slopes = slopes + step
                        values = fma(step, z, values)
                        if edge is not None:
                            store(grad_edge, e * channels + c, left, a * step)
                    store(grad_target, i * channels + c, left, a * slopes)
                    at = b * channels + c
                    store(grad_vector, at, left, load(grad_vector, at, left) + values)


@jit
def _grad_sources(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, vector: Any, slope: float,
    share: Any, grad_logit: Any, rowptr: Any, row: Any, order: Any, heads: int, grad_source: Any,
) -> None:  # fmt: skip
    channels = vector.size
    width = channels // heads
    for j in range(lo, hi):
        first, last = rowptr[j], rowptr[j + 1]
        for h in range(heads):
            for c in range(h * width, (h + 1) * width, LANES):
                left = (h + 1) * width - c
                slopes, values = fill(grad, 0), fill(grad, 0)
                for t in range(first, last):
                    i, e = row[t] * channels + c, order[t]
                    z = _mixed(target, i, source, j * channels + c, edge, e * channels + c, left)
                    slopes = slopes + where_positive(z, 1.0, slope) * grad_logit[e * heads + h]
                    values = fma(share[e * heads + h], load(grad, i, left), values)
                store(
                    grad_source, j * channels + c, left,
                    fma(load(vector, c, left), slopes, values),
                )  # fmt: skip


def gat_attention(
    target: Tensor, source: Tensor, edge: Tensor | None, vector: Tensor, slope: float,
    rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`; the shares too."""
    heads = vector.shape[0]
    out, share = target.new_empty(target.shape), target.new_empty(len(col), heads)
    tensors = [flat(x) for x in (target, source, edge, vector)]
    args = (*tensors, slope, flat(rowptr), flat(col), heads, flat(share), flat(out))
    share_out(_forward, len(target), len(col) * vector.numel(), *args)
    return out, share


def gat_attention_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None, vector: Tensor,
    share: Tensor, rowptr: Tensor, col: Tensor, back_rowptr: Tensor, back_col: Tensor,
    order: Tensor, slope: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradients of targets, sources, edges (empty without any) and the vector."""
    heads, work = vector.shape[0], len(col) * vector.numel()
    blocks = num_blocks(len(target), BLOCK)
    grad_logit = torch.empty_like(share)
    grad_target, grad_source = target.new_empty(target.shape), source.new_empty(source.shape)
    grad_edge = target.new_empty((0,) if edge is None else edge.shape)
    sums = vector.new_empty(blocks, *vector.shape)
    tensors = [flat(x) for x in (grad, target, source, edge, vector)]
    args = (*tensors, slope, flat(share), flat(rowptr), flat(col), heads)
    outs = (flat(grad_logit), flat(grad_target), flat(grad_edge), flat(sums))
    share_out(_grad_blocks, blocks, work, *args, *outs)
    back = (flat(back_rowptr), flat(back_col), flat(order), heads, flat(grad_source))
    args = (*tensors, slope, flat(share), flat(grad_logit), *back)
    share_out(_grad_sources, len(source), work, *args)
    return grad_target, grad_source, grad_edge, add_blocks(sums)
