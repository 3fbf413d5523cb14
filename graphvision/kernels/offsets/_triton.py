"""Differences of positions on the GPU, one pass over the edges."""

import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv, launch
from graphvision.kernels.columns import Columns

_BLOCK = 512  # edges of a program


@triton.jit(do_not_specialize=["width", "offset_at", "distance_at"])
def _offsets(
    pos: tl.tensor, source: tl.tensor, target: tl.tensor, table: tl.tensor, edges: tl.tensor,
    width: tl.tensor, offset_at: tl.tensor, distance_at: tl.tensor, D: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    e = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    live = e < edges
    j, i = tl.load(source + e, live, 0), tl.load(target + e, live, 0)
    squared = tl.zeros((BLOCK,), tl.float32)
    for d in tl.static_range(D):
        here = tl.load(pos + i * D + d, live, 0.0).to(tl.float32)
        step = tl.load(pos + j * D + d, live, 0.0).to(tl.float32) - here
        squared += step * step
        if offset_at >= 0:
            tl.store(table + e * width + offset_at + d, step, live)
    if distance_at >= 0:
        tl.store(table + e * width + distance_at, tl.sqrt_rn(squared), live)


def edge_offsets(pos: Tensor, edge_index: Tensor, out: Columns) -> None:
    """See :func:`graphvision.kernels.offsets.edge_offsets`."""
    edges = edge_index.shape[1]
    launch(
        _offsets, (cdiv(edges, _BLOCK),), pos, *edge_index, out.table, edges, out.table.shape[1],
        *out.at("displacement", "distance"), D=pos.shape[1], BLOCK=_BLOCK,
    )  # fmt: skip
