"""What Triton kernels over the pixels of images have in common."""

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import Tile, cdiv, tile


@triton.jit
def plane(image: tl.tensor, p: tl.tensor, c: tl.tensor, area: tl.tensor, C: tl.constexpr) -> Any:
    """Where channel c of pixels p, numbered over the batch, is once p is added."""
    return image + ((p // area).to(tl.int64) * (C - 1) + c) * area


def rows_of_pixels(rowptr: Tensor, col: Tensor, blocks: int) -> tuple[tuple[int, int], Tile]:
    """The grid and the tile for rows that list pixels, with ``blocks`` programs for each."""
    rows = rowptr.shape[0] - 1
    cut = tile(rows, col.shape[0], col.unsqueeze(1))
    return (cdiv(rows, cut.rows), blocks), cut
