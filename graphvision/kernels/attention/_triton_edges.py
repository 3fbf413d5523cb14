"""What attention gives to the features of edges and to their matrix, on the GPU.

Programs take blocks of edges. The matrix gets one sum per program, added up in order.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_rows import heads_of
from graphvision.kernels._triton_tiles import cdiv, launch, power
from graphvision.kernels.attention._triton_rows import plus_edge

_BLOCK = 512  # edges of a program
_NUMBERS = 2048  # edges × channels × features of a step
_CHANNELS, _FEATURES = 64, 8


@triton.jit(do_not_specialize=["edges", "slope"])
def _grad_edges(
    grad: tl.tensor, query: tl.tensor, key: tl.tensor, edge: tl.tensor, weight: tl.tensor,
    vector: tl.tensor, share: tl.tensor, grad_logit: tl.tensor, row: tl.tensor, col: tl.tensor,
    grad_edge: tl.tensor, sums: tl.tensor, edges: tl.tensor, slope: tl.tensor, C: tl.constexpr,
    HEADS: tl.constexpr, SIZE: tl.constexpr, ADDITIVE: tl.constexpr, TO_EDGE: tl.constexpr,
    B: tl.constexpr, W: tl.constexpr, D: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    c = tl.program_id(1) * W + tl.arange(0, W)
    d = tl.program_id(2) * D + tl.arange(0, D)
    none = tl.arange(0, 1)
    inside = (c < C)[:, None] & (d < SIZE)[None, :]
    matrix = tl.load(weight + d[None, :] * C + c[:, None], inside, 0.0).to(tl.float32)
    head = (c // (C // HEADS))[None, :]
    acc = tl.zeros((B, W, D), tl.float32)
    begin = tl.program_id(0) * BLOCK
    for start in range(begin, tl.minimum(begin + BLOCK, edges), B):
        e = start + tl.arange(0, B)
        live = e < edges
        there = live[:, None]
        i = tl.load(row + e, live, 0)[:, None]
        place = e.to(tl.int64)[:, None] * HEADS + head
        exists = there & (c < C)[None, :]
        step = tl.load(grad_logit + place, exists, 0.0)
        q = heads_of(query, i, none, c, there, 1, C)
        if ADDITIVE:
            z = q + heads_of(key, tl.load(col + e, live, 0)[:, None], none, c, there, 1, C)
            z = plus_edge(z, edge, weight, e[:, None], none, c, there, 1, C, SIZE)
            a = tl.load(vector + c, c < C, 0.0).to(tl.float32)[None, :]
            step *= a * tl.where(tl.reshape(z, (B, W)) > 0, 1.0, slope)
        else:
            part = tl.load(share + place, exists, 0.0).to(tl.float32)
            g = heads_of(grad, i, none, c, there, 1, C)
            step = step * tl.reshape(q, (B, W)) + part * tl.reshape(g, (B, W))
        place = e.to(tl.int64)[:, None] * SIZE + d[None, :]
        features = there & (d < SIZE)[None, :]
        feature = tl.load(edge + place, features, 0.0).to(tl.float32)
        acc += step[:, :, None] * feature[:, None, :]
        if TO_EDGE:
            found = tl.sum(step[:, :, None] * matrix[None, :, :], 1)
            channels = tl.program_id(1).to(tl.int64) * edges * SIZE
            tl.store(grad_edge + channels + place, found, features)
    place = (tl.program_id(0).to(tl.int64) * SIZE + d)[None, :] * C + c[:, None]
    tl.store(sums + place, tl.sum(acc, 0), inside)


def edge_grads(
    grad: Tensor, query: Tensor, key: Tensor, edge: Tensor, weight: Tensor, vector: Tensor | None,
    share: Tensor, grad_logit: Tensor, rowptr: Tensor, col: Tensor, slope: float, to_edge: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Gradients of the features (empty unless ``to_edge``) and of the matrix.

    Additive attention where there is a ``vector``; ``weight`` has one row per feature.
    """
    edges, (size, width) = col.shape[0], weight.shape
    targets = torch.arange(rowptr.shape[0] - 1, device=col.device, dtype=col.dtype)
    row = targets.repeat_interleave(rowptr[1:] - rowptr[:-1], output_size=edges)
    channels, features = min(power(width), _CHANNELS), min(power(size), _FEATURES)
    grid = (cdiv(edges, _BLOCK), cdiv(width, channels), cdiv(size, features))
    found = query.new_empty(grid[1], *edge.shape, dtype=torch.float32) if to_edge else share
    sums = query.new_empty(grid[0], size, width, dtype=torch.float32)
    launch(
        _grad_edges, grid, grad, query, key, edge, weight, share if vector is None else vector,
        share, grad_logit, row, col, found, sums, edges, slope, C=width, HEADS=share.shape[1],
        SIZE=size, ADDITIVE=vector is not None, TO_EDGE=to_edge, W=channels, D=features,
        B=min(_BLOCK, _NUMBERS // (channels * features)), BLOCK=_BLOCK,
    )  # fmt: skip
    grad_edge = found.sum(0).to(query.dtype) if to_edge else query.new_empty(0)
    return grad_edge, sums.sum(0).T.to(query.dtype).contiguous()
