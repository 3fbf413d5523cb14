"""Sums of activations over a row of edges on the CPU, without an ``[e, h]`` buffer."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_edges import (
    BLOCK,
    add_blocks,
    edge_grads,
    flat,
    longest_row,
    mixed,
    num_blocks,
    share_out,
    turned,
)
from graphvision.kernels._numba_vector import LANES, fill, load, store
from graphvision.kernels.edge_mlp._numba_activation import NUMBERS, activation, steepness


@jit
def _forward(
    lo: int, hi: int, target: Any, source: Any, edge: Any, weight: Any, kind: int, slope: float,
    rowptr: Any, col: Any, channels: int, out: Any,
) -> None:  # fmt: skip
    for i in range(lo, hi):
        for c in range(0, channels, LANES):
            left = channels - c
            acc = fill(out, 0)
            for e in range(rowptr[i], rowptr[i + 1]):
                z = mixed(target, i, source, col[e], edge, e, weight, c, left, channels)
                acc = acc + activation(z, kind, slope)
            store(out, i * channels + c, left, acc)


@jit
def _grad_blocks(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any, kind: int,
    slope: float, rowptr: Any, col: Any, channels: int, grad_target: Any, grad_edge: Any,
    sums: Any, per_block: int,
) -> None:  # fmt: skip
    rows = rowptr.size - 1
    longest = 0 if edge is None else longest_row(rowptr, lo * BLOCK, min(hi * BLOCK, rows))
    steps = np.empty(longest * LANES, dtype=grad.dtype)
    for b in range(lo, hi):
        at = b * per_block
        sums[at : at + per_block] = 0
        for i in range(b * BLOCK, min((b + 1) * BLOCK, rows)):
            first, last = rowptr[i], rowptr[i + 1]
            for c in range(0, channels, LANES):
                left = channels - c
                g, acc = load(grad, i * channels + c, left), fill(grad, 0)
                for e in range(first, last):
                    z = mixed(target, i, source, col[e], edge, e, weight, c, left, channels)
                    step = g * steepness(z, kind, slope)
                    acc = acc + step
                    if edge is not None:
                        store(steps, (e - first) * LANES, LANES, step)
                if edge is not None:
                    edge_grads(
                        first, last, steps, edge, weight, c, left, channels, grad_edge, sums, at
                    )
                store(grad_target, i * channels + c, left, acc)


@jit
def _grad_sources(
    lo: int, hi: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any, kind: int,
    slope: float, rowptr: Any, row: Any, order: Any, channels: int, grad_source: Any,
) -> None:  # fmt: skip
    for j in range(lo, hi):
        for c in range(0, channels, LANES):
            left = channels - c
            acc = fill(grad, 0)
            for t in range(rowptr[j], rowptr[j + 1]):
                i, e = row[t], order[t]
                z = mixed(target, i, source, j, edge, e, weight, c, left, channels)
                acc = acc + load(grad, i * channels + c, left) * steepness(z, kind, slope)
            store(grad_source, j * channels + c, left, acc)


def mlp_sum(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float, rowptr: Tensor, col: Tensor,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_sum`."""
    channels = target.shape[1]
    out = target.new_empty(target.shape)
    tensors = [flat(x) for x in (target, source, edge, turned(edge_weight))]
    args = (*tensors, NUMBERS[activation], slope, flat(rowptr), flat(col), channels, flat(out))
    share_out(_forward, len(target), len(col) * channels, *args)
    return out


def mlp_sum_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, rowptr: Tensor, col: Tensor, back_rowptr: Tensor,
    back_col: Tensor, order: Tensor, activation: str, slope: float, to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of target, source, edge (empty unless ``to_edge``) and edge_weight."""
    channels = target.shape[1]
    blocks, work = num_blocks(len(target)), len(col) * channels
    grad_target, grad_source = target.new_empty(target.shape), source.new_empty(source.shape)
    grad_edge = target.new_zeros(edge.shape if edge is not None and to_edge else (0,))
    size = 0 if edge_weight is None else edge_weight.shape[1]
    sums = target.new_empty(blocks, size, channels)
    tensors = [flat(x) for x in (grad, target, source, edge, turned(edge_weight))]
    args = (*tensors, NUMBERS[activation], slope)
    outs = (flat(grad_target), flat(grad_edge if to_edge else None), flat(sums), size * channels)
    share_out(_grad_blocks, blocks, work, *args, flat(rowptr), flat(col), channels, *outs)
    back = (flat(back_rowptr), flat(back_col), flat(order), channels, flat(grad_source))
    share_out(_grad_sources, len(source), work, *args, *back)
    grad_weight = add_blocks(sums).T.contiguous() if size else target.new_empty(0)
    return grad_target, grad_source, grad_edge, grad_weight
