"""What attention gives to the features of edges and to their matrix, on the GPU."""

import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_edges import (
    EdgeBlocks,
    block_of,
    matrix_of,
    row_of_edges,
    spread,
    store_sums,
)
from graphvision.kernels._triton_rows import heads_of, plus_edge
from graphvision.kernels._triton_tiles import launch


@triton.jit(do_not_specialize=["edges", "slope"])
def _grad_edges(
    grad: tl.tensor, query: tl.tensor, key: tl.tensor, edge: tl.tensor, weight: tl.tensor,
    vector: tl.tensor, share: tl.tensor, grad_logit: tl.tensor, row: tl.tensor, col: tl.tensor,
    grad_edge: tl.tensor, sums: tl.tensor, edges: tl.tensor, slope: tl.tensor, HEADS: tl.constexpr,
    ADDITIVE: tl.constexpr, WIDTH: tl.constexpr, SIZE: tl.constexpr, TO_EDGE: tl.constexpr,
    B: tl.constexpr, W: tl.constexpr, D: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    c = tl.program_id(1) * W + tl.arange(0, W)
    d = tl.program_id(2) * D + tl.arange(0, D)
    none = tl.arange(0, 1)
    matrix = matrix_of(weight, c, d, WIDTH, SIZE)
    head = (c // (WIDTH // HEADS))[None, :]
    acc = tl.zeros((B, W, D), tl.float32)
    begin, end = block_of(edges, BLOCK)
    for start in range(begin, end, B):
        e = start + tl.arange(0, B)
        live = e < edges
        there = live[:, None]
        i = tl.load(row + e, live, 0)[:, None]
        place = e.to(tl.int64)[:, None] * HEADS + head
        exists = there & (c < WIDTH)[None, :]
        step = tl.load(grad_logit + place, exists, 0.0)
        q = heads_of(query, i, none, c, there, 1, WIDTH)
        if ADDITIVE:
            z = q + heads_of(key, tl.load(col + e, live, 0)[:, None], none, c, there, 1, WIDTH)
            z = plus_edge(z, edge, weight, e[:, None], none, c, there, 1, WIDTH, SIZE)
            a = tl.load(vector + c, c < WIDTH, 0.0).to(tl.float32)[None, :]
            step *= a * tl.where(tl.reshape(z, (B, W)) > 0, 1.0, slope)
        else:
            part = tl.load(share + place, exists, 0.0).to(tl.float32)
            g = heads_of(grad, i, none, c, there, 1, WIDTH)
            step = step * tl.reshape(q, (B, W)) + part * tl.reshape(g, (B, W))
        acc = spread(acc, step, edge, matrix, grad_edge, e, live, d, edges, SIZE, TO_EDGE)
    store_sums(sums, acc, c, d, WIDTH, SIZE)


def edge_grads(
    grad: Tensor, query: Tensor, key: Tensor, edge: Tensor, weight: Tensor, vector: Tensor | None,
    share: Tensor, grad_logit: Tensor, rowptr: Tensor, col: Tensor, slope: float, to_edge: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Gradients of the features (empty unless ``to_edge``) and of the matrix.

    Additive attention where there is a ``vector``; ``weight`` has one row per feature.
    """
    blocks, row = EdgeBlocks.of(edge, weight.shape[1], to_edge), row_of_edges(rowptr, col)
    launch(
        _grad_edges, blocks.grid, grad, query, key, edge, weight,
        share if vector is None else vector, share, grad_logit, row, col, blocks.found,
        blocks.sums, col.shape[0], slope, HEADS=share.shape[1], ADDITIVE=vector is not None,
        **blocks.constants,
    )  # fmt: skip
    return blocks.grads(query.dtype)
