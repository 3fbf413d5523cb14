"""The greatest or least two-layer message of a row on the GPU, in tiles of edges.

A program takes a few lanes of a few rows: their hidden features go, a block of them at a time,
from registers into a matrix product, and the messages only into the extremes of the lanes. A second
sweep over the same edges, by the same instructions, marks whose message it was with one bit; the
backward pass makes everything else again. Rows are not cut into parts: long ones take their time.
"""

from typing import Any

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
from graphvision.kernels._triton_tiles import cdiv, launch, power
from graphvision.kernels.edge_mlp._reference import ACTIVATIONS
from graphvision.kernels.edge_mlp._triton_activation import activation, steepness

_EDGES = 32  # of a tile
_PER_LANE = 4  # edges: rows of a tile that are longer than others make it wait
_LEAST = 16  # rows and columns of a matrix product
_CHANNELS = 32  # of a tile: a byte of winners to a thread
_HIDDEN, _HIDDEN_BACK = 16, 32  # of a tile, forward and backward: no register too many
_CHUNKS = 128  # of edges, with a sum each for the last layer's matrix


@triton.jit
def _inner(
    target: tl.tensor, source: tl.tensor, edge: tl.tensor, matrix: tl.tensor, i: tl.tensor,
    j: tl.tensor, e: tl.tensor, k: tl.tensor, live: tl.tensor, HIDDEN: tl.constexpr,
    SIZE: tl.constexpr, R: tl.constexpr, W: tl.constexpr,
) -> Any:  # fmt: skip
    """What goes into the activation at hidden features k of a list of edges, ``[r, k]``."""
    none, there = tl.arange(0, 1), live[:, None]
    z = heads_of(target, i[:, None], none, k, there, 1, HIDDEN)
    z += heads_of(source, j[:, None], none, k, there, 1, HIDDEN)
    z = plus_edge(z, edge, matrix, e[:, None], none, k, there, 1, HIDDEN, SIZE)
    return tl.reshape(z, (R, W))


@triton.jit
def _weights(
    weight: tl.tensor, c: tl.tensor, k: tl.tensor, CHANNELS: tl.constexpr, HIDDEN: tl.constexpr
) -> Any:
    """``weight[c, k]`` in its own precision, channels by hidden features."""
    inside = (c < CHANNELS)[:, None] & (k < HIDDEN)[None, :]
    return tl.load(weight + c[:, None] * HIDDEN + k[None, :], inside, 0.0)


@triton.jit
def _message_grad(
    share: tl.tensor, wins: tl.tensor, i: tl.tensor, e: tl.tensor, c: tl.tensor, live: tl.tensor,
    CHANNELS: tl.constexpr,
) -> Any:  # fmt: skip
    """The gradient of messages ``[r, c]``: the share of those that won."""
    inside = live[:, None] & (c < CHANNELS)[None, :]
    at = e.to(tl.int64)[:, None] * ((CHANNELS + 7) // 8) + (c // 8)[None, :]
    byte = tl.load(wins + at, inside, 0).to(tl.int32)
    won = ((byte >> (c % 8)[None, :]) & 1) != 0
    return tl.load(share + i.to(tl.int64)[:, None] * CHANNELS + c[None, :], inside & won, 0.0)


@triton.jit
def _hidden_grad(
    share: tl.tensor, wins: tl.tensor, weight: tl.tensor, i: tl.tensor, e: tl.tensor, k: tl.tensor,
    live: tl.tensor, HIDDEN: tl.constexpr, CHANNELS: tl.constexpr, R: tl.constexpr,
    W: tl.constexpr, N: tl.constexpr,
) -> Any:  # fmt: skip
    """The gradient of hidden features k, ``[r, k]``."""
    acc = tl.zeros((R, W), tl.float32)
    for begin in tl.range(0, CHANNELS, N, num_stages=1):
        c = begin + tl.arange(0, N)
        g = _message_grad(share, wins, i, e, c, live, CHANNELS)
        w = _weights(weight, c, k, CHANNELS, HIDDEN)
        acc = tl.dot(g.to(w.dtype), w, acc, input_precision="ieee")
    return acc


@triton.jit
def _flat(x: tl.tensor, R: tl.constexpr) -> Any:
    return tl.reshape(x, (R,))


@triton.jit(do_not_specialize=["rows", "slope"])
def _extreme_rows(
    target: tl.tensor, source: tl.tensor, edge: tl.tensor, matrix: tl.tensor, weight: tl.tensor,
    rowptr: tl.tensor, col: tl.tensor, out: tl.tensor, wins: tl.tensor, rows: tl.tensor,
    slope: tl.tensor, HIDDEN: tl.constexpr, CHANNELS: tl.constexpr, SIZE: tl.constexpr,
    KIND: tl.constexpr, SIGN: tl.constexpr, FIRST: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
    W: tl.constexpr, N: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * N + tl.arange(0, N)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    steps = tl.cdiv(tl.max(last - first), L)
    owner = _flat(tl.broadcast_to(i[:, None], (M, L)), M * L)
    top = tl.full((M, L, N), float("-inf"), tl.float32)
    taken = tl.zeros((M, N), tl.int32)
    for step in range(0, 2 * steps):
        e, live = edges_at(first, last, step % steps * L, L)
        listed, there = _flat(e, M * L), _flat(live, M * L)
        j = tl.load(col + listed, there, 0)
        message = tl.zeros((M * L, N), tl.float32)
        for begin in tl.range(0, HIDDEN, W, num_stages=2):
            k = begin + tl.arange(0, W)
            z = _inner(
                target, source, edge, matrix, owner, j, listed, k, there, HIDDEN, SIZE, M * L, W
            )
            w = _weights(weight, c, k, CHANNELS, HIDDEN)
            h = activation(z, slope, KIND).to(w.dtype)
            message = tl.dot(h, tl.trans(w), message, input_precision="ieee")
        v = tl.reshape(message, (M, L, N)) * SIGN
        if step < steps:
            top = tl.where(live[:, :, None] & ((v > top) | (v != v)), v, top)
        else:
            won = live[:, :, None] & (v == tl.max(top, 1)[:, None, :])
            if FIRST:
                lane = tl.where(won, tl.arange(0, L)[None, :, None], L)
                earliest = tl.min(lane, 1)
                won &= (lane == earliest[:, None, :]) & (taken == 0)[:, None, :]
                taken += (earliest < L).to(tl.int32)
            bits = tl.reshape(won.to(tl.int32), (M * L, N // 8, 8))
            byte = tl.sum(bits << tl.arange(0, 8)[None, None, :], 2).to(tl.uint8)
            b = tl.program_id(1) * (N // 8) + tl.arange(0, N // 8)
            at = listed.to(tl.int64)[:, None] * ((CHANNELS + 7) // 8) + b[None, :]
            tl.store(wins + at, byte, there[:, None] & (b < (CHANNELS + 7) // 8)[None, :])
    known = tl.sum((top != top).to(tl.int32), 1) == 0
    best = tl.where(known, tl.max(top, 1) * SIGN, float("nan"))
    best = tl.where((last > first)[:, None], best, 0.0)
    place = i.to(tl.int64)[:, None] * CHANNELS + c[None, :]
    tl.store(out + place, best, (i < rows)[:, None] & (c < CHANNELS)[None, :])


@triton.jit(do_not_specialize=["rows"])
def _share_rows(
    grad: tl.tensor, wins: tl.tensor, rowptr: tl.tensor, out: tl.tensor, rows: tl.tensor,
    CHANNELS: tl.constexpr, M: tl.constexpr, L: tl.constexpr, N: tl.constexpr,
) -> None:  # fmt: skip
    """The gradient of a row by the number of its equal extremes."""
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1) * N + tl.arange(0, N)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    count = tl.zeros((M, L, N), tl.int32)
    for start in range(0, tl.max(last - first), L):
        e, live = edges_at(first, last, start, L)
        at = (e.to(tl.int64) * ((CHANNELS + 7) // 8))[:, :, None] + (c // 8)[None, None, :]
        byte = tl.load(wins + at, live[:, :, None] & (c < CHANNELS)[None, None, :], 0)
        count += (byte.to(tl.int32) >> (c % 8)[None, None, :]) & 1
    inside = (i < rows)[:, None] & (c < CHANNELS)[None, :]
    place = i.to(tl.int64)[:, None] * CHANNELS + c[None, :]
    g = tl.load(grad + place, inside, 0.0).to(tl.float32)
    tl.store(out + place, g / tl.maximum(tl.sum(count, 1), 1).to(tl.float32), inside)


@triton.jit(do_not_specialize=["rows", "slope"])
def _grad_rows(
    target: tl.tensor, source: tl.tensor, edge: tl.tensor, matrix: tl.tensor, weight: tl.tensor,
    share: tl.tensor, wins: tl.tensor, rowptr: tl.tensor, col: tl.tensor, order: tl.tensor,
    out: tl.tensor, rows: tl.tensor, slope: tl.tensor, HIDDEN: tl.constexpr,
    CHANNELS: tl.constexpr, SIZE: tl.constexpr, KIND: tl.constexpr, BACK: tl.constexpr,
    M: tl.constexpr, L: tl.constexpr, W: tl.constexpr, N: tl.constexpr,
) -> None:  # fmt: skip
    """The gradient of the targets, or over the reversed edges (``BACK``) that of the sources."""
    r = tl.program_id(0) * M + tl.arange(0, M)
    k = tl.program_id(1) * W + tl.arange(0, W)
    first, last = row_ends(rowptr, r, rows, 0, 1)
    owner = _flat(tl.broadcast_to(r[:, None], (M, L)), M * L)
    acc = tl.zeros((M, L, W), tl.float32)
    for start in range(0, tl.max(last - first), L):
        t, live = edges_at(first, last, start, L)
        e, there = _flat(t, M * L), _flat(live, M * L)
        other = tl.load(col + e, there, 0)
        if BACK:
            e = tl.load(order + e, there, 0)
            i, j = other, owner
        else:
            i, j = owner, other
        z = _inner(target, source, edge, matrix, i, j, e, k, there, HIDDEN, SIZE, M * L, W)
        g = _hidden_grad(share, wins, weight, i, e, k, there, HIDDEN, CHANNELS, M * L, W, N)
        acc += tl.reshape(g * steepness(z, slope, KIND), (M, L, W))
    place = r.to(tl.int64)[:, None] * HIDDEN + k[None, :]
    tl.store(out + place, tl.sum(acc, 1), (r < rows)[:, None] & (k < HIDDEN)[None, :])


@triton.jit(do_not_specialize=["edges", "each", "slope"])
def _grad_weight(
    target: tl.tensor, source: tl.tensor, edge: tl.tensor, matrix: tl.tensor, weight: tl.tensor,
    share: tl.tensor, wins: tl.tensor, row: tl.tensor, col: tl.tensor, sums: tl.tensor,
    edges: tl.tensor, each: tl.tensor, slope: tl.tensor, HIDDEN: tl.constexpr,
    CHANNELS: tl.constexpr, SIZE: tl.constexpr, KIND: tl.constexpr, B: tl.constexpr,
    W: tl.constexpr, N: tl.constexpr,
) -> None:  # fmt: skip
    """What a chunk of edges gives to the last layer's matrix."""
    c = tl.program_id(1) * N + tl.arange(0, N)
    k = tl.program_id(2) * W + tl.arange(0, W)
    acc = tl.zeros((N, W), tl.float32)
    begin = tl.program_id(0) * each
    for start in tl.range(begin, tl.minimum(begin + each, edges), B, num_stages=1):
        e = start + tl.arange(0, B)
        live = e < edges
        i, j = tl.load(row + e, live, 0), tl.load(col + e, live, 0)
        z = _inner(target, source, edge, matrix, i, j, e, k, live, HIDDEN, SIZE, B, W)
        h = activation(z, slope, KIND).to(weight.dtype.element_ty)
        g = _message_grad(share, wins, i, e, c, live, CHANNELS).to(weight.dtype.element_ty)
        acc = tl.dot(tl.trans(g), h, acc, input_precision="ieee")
    place = (tl.program_id(0) * CHANNELS + c)[:, None] * HIDDEN + k[None, :]
    tl.store(sums + place, acc, (c < CHANNELS)[:, None] & (k < HIDDEN)[None, :])


@triton.jit(do_not_specialize=["edges", "slope"])
def _grad_edges(
    target: tl.tensor, source: tl.tensor, edge: tl.tensor, matrix: tl.tensor, weight: tl.tensor,
    share: tl.tensor, wins: tl.tensor, row: tl.tensor, col: tl.tensor, grad_edge: tl.tensor,
    sums: tl.tensor, edges: tl.tensor, slope: tl.tensor, CHANNELS: tl.constexpr,
    KIND: tl.constexpr, N: tl.constexpr, WIDTH: tl.constexpr, SIZE: tl.constexpr,
    TO_EDGE: tl.constexpr, B: tl.constexpr, W: tl.constexpr, D: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    k = tl.program_id(1) * W + tl.arange(0, W)
    d = tl.program_id(2) * D + tl.arange(0, D)
    features = matrix_of(matrix, k, d, WIDTH, SIZE)
    acc = tl.zeros((B, W, D), tl.float32)
    begin, end = block_of(edges, BLOCK)
    for start in range(begin, end, B):
        e = start + tl.arange(0, B)
        live = e < edges
        i, j = tl.load(row + e, live, 0), tl.load(col + e, live, 0)
        z = _inner(target, source, edge, matrix, i, j, e, k, live, WIDTH, SIZE, B, W)
        g = _hidden_grad(share, wins, weight, i, e, k, live, WIDTH, CHANNELS, B, W, N)
        step = g * steepness(z, slope, KIND)
        acc = spread(acc, step, edge, features, grad_edge, e, live, d, edges, SIZE, TO_EDGE)
    store_sums(sums, acc, k, d, WIDTH, SIZE)


def _blocks(width: int, most: int) -> int:
    return max(_LEAST, min(power(width), most))


def _cut(rows: int, edges: int) -> dict[str, int]:
    """Rows and lanes of a tile: as many lanes as a row has edges by ``_PER_LANE``."""
    lanes = min(_EDGES, power(cdiv(cdiv(edges, max(1, rows)), _PER_LANE)))
    return {"M": _EDGES // lanes, "L": lanes}


def _shape(weight: Tensor, size: int, activation: str, most: int) -> dict[str, int]:
    channels, hidden = weight.shape
    return {
        "HIDDEN": hidden, "CHANNELS": channels, "SIZE": size, "KIND": ACTIVATIONS.index(activation),
        "W": _blocks(hidden, most), "N": _blocks(channels, _CHANNELS),
    }  # fmt: skip


def mlp_extreme(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    weight: Tensor, activation: str, slope: float, reduce: str, ties: str, rowptr: Tensor,
    col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_extreme`; one bit per message too."""
    rows, channels = target.shape[0], weight.shape[0]
    out = target.new_empty(rows, channels)
    wins = target.new_empty(col.shape[0], cdiv(channels, 8), dtype=torch.uint8)
    feature, matrix, size = feature_map(edge, edge_weight, target)
    shape, cut = _shape(weight, size, activation, _HIDDEN), _cut(rows, col.shape[0])
    launch(
        _extreme_rows, (cdiv(rows, cut["M"]), cdiv(channels, shape["N"])), target, source, feature,
        matrix, weight, rowptr, col, out, wins, rows, slope, SIGN=1 if reduce == "max" else -1,
        FIRST=ties == "first", **shape, **cut,
    )  # fmt: skip
    return out, wins


def _shares(grad: Tensor, wins: Tensor, rowptr: Tensor) -> Tensor:
    """The gradient of every row by the number of its equal extremes, in float32."""
    (rows, channels), edges = grad.shape, wins.shape[0]
    out, cut, width = grad.new_empty(grad.shape, dtype=torch.float32), _cut(rows, edges), _LEAST
    grid = (cdiv(rows, cut["M"]), cdiv(channels, width))
    launch(_share_rows, grid, grad, wins, rowptr, out, rows, CHANNELS=channels, N=width, **cut)
    return out


def _grad_of_rows(
    like: Tensor, given: tuple[Tensor, ...], ends: tuple[Tensor, Tensor, Tensor], back: bool,
    slope: float, shape: dict[str, int],
) -> Tensor:  # fmt: skip
    """The gradient of the targets, or over the reversed edges (``back``) that of the sources."""
    rows, out, cut = like.shape[0], like.new_empty(like.shape), _cut(like.shape[0], len(ends[1]))
    grid = (cdiv(rows, cut["M"]), cdiv(like.shape[1], shape["W"]))
    launch(_grad_rows, grid, *given, *ends, out, rows, slope, BACK=back, **shape, **cut)
    return out


def _grad_of_weight(
    weight: Tensor, given: tuple[Tensor, ...], row: Tensor, col: Tensor, slope: float,
    shape: dict[str, int],
) -> Tensor:  # fmt: skip
    """The gradient of the last layer's matrix, from as many chunks of edges in order."""
    edges = col.shape[0]
    each = cdiv(max(1, cdiv(edges, _CHUNKS)), _EDGES) * _EDGES
    sums = weight.new_empty(cdiv(edges, each), *weight.shape, dtype=torch.float32)
    grid = (len(sums), cdiv(weight.shape[0], shape["N"]), cdiv(weight.shape[1], shape["W"]))
    launch(_grad_weight, grid, *given, row, col, sums, edges, each, slope, B=_EDGES, **shape)
    return sums.sum(0).to(weight.dtype)


def mlp_extreme_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, weight: Tensor, wins: Tensor, rowptr: Tensor, col: Tensor,
    back_rowptr: Tensor, back_col: Tensor, order: Tensor, activation: str, slope: float,
    to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of target, source, edge (empty unless ``to_edge``), edge_weight and weight."""
    feature, matrix, size = feature_map(edge, edge_weight, target)
    shape, row = _shape(weight, size, activation, _HIDDEN_BACK), row_of_edges(rowptr, col)
    given = (target, source, feature, matrix, weight, _shares(grad, wins, rowptr), wins)
    options: tuple[float, dict[str, int]] = (slope, shape)
    grad_target = _grad_of_rows(target, given, (rowptr, col, col), False, *options)
    grad_source = _grad_of_rows(source, given, (back_rowptr, back_col, order), True, *options)
    grad_weight = _grad_of_weight(weight, given, row, col, *options)
    grad_edge = grad_edge_weight = grad.new_empty(0)
    if edge is not None:
        blocks = EdgeBlocks.of(
            edge, weight.shape[1], to_edge, channels=_HIDDEN_BACK, features=4, least=_LEAST
        )
        launch(
            _grad_edges, blocks.grid, *given, row, col, blocks.found, blocks.sums, col.shape[0],
            slope, CHANNELS=weight.shape[0], KIND=shape["KIND"], N=shape["N"], **blocks.constants,
        )  # fmt: skip
        grad_edge, grad_edge_weight = blocks.grads(grad.dtype)
    return grad_target, grad_source, grad_edge, grad_edge_weight, grad_weight
