"""Sums of activations over a row of edges on the GPU, without an ``[e, h]`` buffer.

A term of the row, a term of the other end and one of the edge meet in registers: the same kernel
over the targets gives the sums and the gradients of the targets, and over the reversed edges those
of the sources.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_edges import (
    EdgeBlocks,
    block_of,
    feature_map,
    matrix_of,
    row_of_edges,
    spread,
    store_sums,
)
from graphvision.kernels._triton_rows import edges_at, heads_of, plus_edge, row_ends
from graphvision.kernels._triton_tiles import cdiv, launch, tile
from graphvision.kernels.edge_mlp._reference import ACTIVATIONS
from graphvision.kernels.edge_mlp._triton_activation import activation, steepness

_CHANNELS = 32  # of a block of edges
_SUMS, _OF_TARGETS, _OF_SOURCES = range(3)  # what a pass over rows is for


@triton.jit(do_not_specialize=["rows", "slope"])
def _sum_rows(
    own: tl.tensor, other: tl.tensor, edge: tl.tensor, weight: tl.tensor, grad: tl.tensor,
    rowptr: tl.tensor, col: tl.tensor, order: tl.tensor, out: tl.tensor, rows: tl.tensor,
    slope: tl.tensor, WIDTH: tl.constexpr, SIZE: tl.constexpr, KIND: tl.constexpr,
    USE: tl.constexpr, PARTS: tl.constexpr, M: tl.constexpr, L: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * W + tl.arange(0, W)
    part = tl.program_id(2)
    none = tl.arange(0, 1)
    first, last = row_ends(rowptr, i, rows, part, PARTS)
    mine = heads_of(own, i[:, None], none, c, (i < rows)[:, None], 1, WIDTH)
    total = tl.zeros((M, L, 1, W), tl.float32)
    for start in range(0, tl.max(last - first), L):
        t, live = edges_at(first, last, start, L)
        j = tl.load(col + t, live, 0)
        e = t
        if USE == 2:
            e = tl.load(order + t, live, 0)
        z = mine + heads_of(other, j, none, c, live, 1, WIDTH)
        z = plus_edge(z, edge, weight, e, none, c, live, 1, WIDTH, SIZE)
        if USE == 0:
            value = activation(z, slope, KIND)
        elif USE == 1:
            value = steepness(z, slope, KIND)
        else:
            value = steepness(z, slope, KIND) * heads_of(grad, j, none, c, live, 1, WIDTH)
        total += tl.where(live[:, :, None, None], value, 0.0)
    found = tl.sum(total, 1)
    if USE == 1:
        g = heads_of(grad, i[:, None], none, c, (i < rows)[:, None], 1, WIDTH)
        found *= tl.sum(g, 1)
    place = (part.to(tl.int64) * rows + i)[:, None, None] * WIDTH + c[None, None, :]
    tl.store(out + place, found, (i < rows)[:, None, None] & (c < WIDTH)[None, None, :])


@triton.jit(do_not_specialize=["edges", "slope"])
def _grad_edges(
    grad: tl.tensor, target: tl.tensor, source: tl.tensor, edge: tl.tensor, weight: tl.tensor,
    row: tl.tensor, col: tl.tensor, grad_edge: tl.tensor, sums: tl.tensor, edges: tl.tensor,
    slope: tl.tensor, KIND: tl.constexpr, WIDTH: tl.constexpr, SIZE: tl.constexpr,
    TO_EDGE: tl.constexpr, B: tl.constexpr, W: tl.constexpr, D: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    c = tl.program_id(1) * W + tl.arange(0, W)
    d = tl.program_id(2) * D + tl.arange(0, D)
    none = tl.arange(0, 1)
    matrix = matrix_of(weight, c, d, WIDTH, SIZE)
    acc = tl.zeros((B, W, D), tl.float32)
    begin, end = block_of(edges, BLOCK)
    for start in range(begin, end, B):
        e = start + tl.arange(0, B)
        live = e < edges
        there = live[:, None]
        i, j = tl.load(row + e, live, 0)[:, None], tl.load(col + e, live, 0)[:, None]
        z = heads_of(target, i, none, c, there, 1, WIDTH)
        z += heads_of(source, j, none, c, there, 1, WIDTH)
        z = plus_edge(z, edge, weight, e[:, None], none, c, there, 1, WIDTH, SIZE)
        step = steepness(z, slope, KIND) * heads_of(grad, i, none, c, there, 1, WIDTH)
        step = tl.reshape(step, (B, W))
        acc = spread(acc, step, edge, matrix, grad_edge, e, live, d, edges, SIZE, TO_EDGE)
    store_sums(sums, acc, c, d, WIDTH, SIZE)


def _rows(
    use: int, own: Tensor, other: Tensor, grad: Tensor, features: tuple[Tensor, Tensor, int],
    kind: int, slope: float, rowptr: Tensor, col: Tensor, order: Tensor,
) -> Tensor:  # fmt: skip
    """One pass over rows; ``own`` and the result have one row each."""
    (rows, width), (edge, matrix, size) = own.shape, features
    cut = tile(rows, col.shape[0], own)
    out = own.new_empty(own.shape)
    stored = out if cut.parts == 1 else own.new_empty(cut.parts, *own.shape, dtype=torch.float32)
    launch(
        _sum_rows, cut.grid(rows, cdiv(width, cut.width)), own, other, edge, matrix, grad, rowptr,
        col, order, stored, rows, slope, WIDTH=width, SIZE=size, KIND=kind, USE=use,
        PARTS=cut.parts, **cut.sizes,
    )  # fmt: skip
    return out if cut.parts == 1 else stored.sum(0).to(own.dtype)


def mlp_sum(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float, rowptr: Tensor, col: Tensor,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_sum`."""
    options = (feature_map(edge, edge_weight, target), ACTIVATIONS.index(activation), slope)
    return _rows(_SUMS, target, source, target, *options, rowptr, col, col)


def mlp_sum_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, rowptr: Tensor, col: Tensor, back_rowptr: Tensor,
    back_col: Tensor, order: Tensor, activation: str, slope: float, to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of target, source, edge (empty unless ``to_edge``) and edge_weight."""
    kind, features = ACTIVATIONS.index(activation), feature_map(edge, edge_weight, target)
    options = (features, kind, slope)
    grad_target = _rows(_OF_TARGETS, target, source, grad, *options, rowptr, col, col)
    back = (back_rowptr, back_col, order)
    grad_source = _rows(_OF_SOURCES, source, target, grad, *options, *back)
    if edge is None:
        return grad_target, grad_source, grad.new_empty(0), grad.new_empty(0)
    blocks = EdgeBlocks.of(edge, target.shape[1], to_edge, channels=_CHANNELS)
    launch(
        _grad_edges, blocks.grid, grad, target, source, *features[:2], row_of_edges(rowptr, col),
        col, blocks.found, blocks.sums, col.shape[0], slope, KIND=kind, **blocks.constants,
    )  # fmt: skip
    return grad_target, grad_source, *blocks.grads(grad.dtype)
