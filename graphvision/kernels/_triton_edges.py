"""What messages give to the features of edges and to their matrix, on the GPU.

Programs take blocks of edges. The matrix gets one sum per program, added up in order.
"""

from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv, power

_BLOCK = 512  # edges of a program
_NUMBERS = 2048  # edges × channels × features of a step
_CHANNELS, _FEATURES = 64, 8


@triton.jit
def block_of(edges: tl.tensor, BLOCK: tl.constexpr) -> Any:
    """The first edge of this program and the one after its last."""
    begin = tl.program_id(0) * BLOCK
    return begin, tl.minimum(begin + BLOCK, edges)


@triton.jit
def matrix_of(
    weight: tl.tensor, c: tl.tensor, d: tl.tensor, WIDTH: tl.constexpr, SIZE: tl.constexpr
) -> Any:
    """``weight[d, c]`` as ``[c, d]``."""
    inside = (c < WIDTH)[:, None] & (d < SIZE)[None, :]
    return tl.load(weight + d[None, :] * WIDTH + c[:, None], inside, 0.0).to(tl.float32)


@triton.jit
def spread(
    acc: tl.tensor, step: tl.tensor, edge: tl.tensor, matrix: tl.tensor, grad_edge: tl.tensor,
    e: tl.tensor, live: tl.tensor, d: tl.tensor, edges: tl.tensor, SIZE: tl.constexpr,
    TO_EDGE: tl.constexpr,
) -> Any:  # fmt: skip
    """Share out the gradients ``step[b, c]`` of the terms ``W e``: to the features, and to W.

    Returns:
        The sum over the edges that W gets, ``acc[b, c, d]`` with these edges in it.
    """
    place = e.to(tl.int64)[:, None] * SIZE + d[None, :]
    features = live[:, None] & (d < SIZE)[None, :]
    feature = tl.load(edge + place, features, 0.0).to(tl.float32)
    if TO_EDGE:
        found = tl.sum(step[:, :, None] * matrix[None, :, :], 1)
        channels = tl.program_id(1).to(tl.int64) * edges * SIZE
        tl.store(grad_edge + channels + place, found, features)
    return acc + step[:, :, None] * feature[:, None, :]


@triton.jit
def store_sums(
    sums: tl.tensor, acc: tl.tensor, c: tl.tensor, d: tl.tensor, WIDTH: tl.constexpr,
    SIZE: tl.constexpr,
) -> None:  # fmt: skip
    """Write what the edges of this program give to the matrix."""
    place = (tl.program_id(0).to(tl.int64) * SIZE + d)[None, :] * WIDTH + c[:, None]
    tl.store(sums + place, tl.sum(acc, 0), (c < WIDTH)[:, None] & (d < SIZE)[None, :])


def feature_map(
    edge: Tensor | None, weight: Tensor | None, x: Tensor
) -> tuple[Tensor, Tensor, int]:
    """Features, matrix with one row per feature, and their number; stand-ins for none."""
    if edge is None or weight is None:
        return x, x, 0
    return edge, weight.T.contiguous(), edge.shape[1]


def row_of_edges(rowptr: Tensor, col: Tensor) -> Tensor:
    """The row of every edge."""
    targets = torch.arange(rowptr.shape[0] - 1, device=col.device, dtype=col.dtype)
    return targets.repeat_interleave(rowptr[1:] - rowptr[:-1], output_size=col.shape[0])


@dataclass(frozen=True)
class EdgeBlocks:
    """Programs over blocks of edges, of channels and of features, and what they write.

    Attributes:
        grid: the programs.
        found: gradients of the features by blocks of channels; stands for nothing where unwanted.
        sums: what every block of edges gives to the matrix, which has one row per feature.
        constants: of the kernel.
    """

    grid: tuple[int, int, int]
    found: Tensor
    sums: Tensor
    constants: dict[str, Any]

    @classmethod
    def of(
        cls, edge: Tensor, width: int, to_edge: bool, *, channels: int = _CHANNELS,
        features: int = _FEATURES, least: int = 1,
    ) -> "EdgeBlocks":  # fmt: skip
        """Blocks for features ``edge`` and ``width`` channels.

        Args:
            edge: features of all edges.
            width: channels of the messages.
            to_edge: whether the features get gradients.
            channels: of a program, at most.
            features: of a program, at most.
            least: edges of a step, at least.
        """
        edges, size = edge.shape
        w, d = max(min(power(width), channels), least), min(power(size), features)
        grid = (cdiv(edges, _BLOCK), cdiv(width, w), cdiv(size, d))
        sums = edge.new_empty(grid[0], size, width, dtype=torch.float32)
        found = edge.new_empty(grid[1], *edge.shape, dtype=torch.float32) if to_edge else sums
        step = max(least, min(_BLOCK, _NUMBERS // (w * d)))
        constants = {"WIDTH": width, "SIZE": size, "TO_EDGE": to_edge, "B": step, "W": w, "D": d}
        return cls(grid, found, sums, constants | {"BLOCK": _BLOCK})

    def grads(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Gradients of the features (empty where unwanted) and of ``[width, size]`` weights."""
        wanted = self.constants["TO_EDGE"]
        grad_edge = self.found.sum(0).to(dtype) if wanted else self.sums.new_empty(0, dtype=dtype)
        return grad_edge, self.sums.sum(0).T.to(dtype).contiguous()
