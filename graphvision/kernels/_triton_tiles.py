"""How Triton kernels cut rows of edges into tiles, and how they are started.

A program holds a tile of rows × lanes × channels. The lanes of a row take turns on its edges and
are added up at the end, so rows of 8 neighbours (one lane, many rows) and of 1000 pixels (many
lanes, one row) are one kernel. Too few long rows to fill a device are cut into parts, whose
results are stored and combined in order. All of it follows from shapes: no look at the data, no
trial runs, the same cuts on every device.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_NUMBERS = 8  # of a tile, to a thread: one or two vectors, several tiles in registers
_WARPS = 4
_CHANNELS = 128  # of one edge that are worth a program
_PROGRAMS = 256  # that keep a device busy
_EDGES = 64  # of a part of a row, at least
_FUNCTIONS = 8  # that a program sums an edge for


@dataclass(frozen=True)
class Tile:
    """The numbers that a program of a kernel over rows of edges works on.

    Attributes:
        rows: rows of a program.
        lanes: edges of a row that are read at once.
        heads: heads of a program, or functions where every edge has some.
        width: channels of a head, or of a program where there are no heads.
        parts: parts of every row.
        unroll: steps of the loop over the edges that are read together.
    """

    rows: int
    lanes: int
    heads: int
    width: int
    parts: int
    unroll: int

    def grid(self, rows: int, blocks: int) -> tuple[int, int, int]:
        """Programs for all rows, all blocks of channels and all parts."""
        return cdiv(rows, self.rows), blocks, self.parts

    @property
    def sizes(self) -> dict[str, int]:
        """Rows, lanes and channels, by the names that kernels call them."""
        return {"M": self.rows, "L": self.lanes, "W": self.width}


def cdiv(a: int, b: int) -> int:
    """``⌈a / b⌉``."""
    return -(-a // b)


def power(n: int) -> int:
    """The power of two that is not below n."""
    return 1 << max(0, n - 1).bit_length()


def tile(
    rows: int, edges: int, x: Tensor, heads: int = 0, *, functions: int = 0, per_lane: int = 16
) -> Tile:
    """The tile for rows of ``edges / rows`` edges on average and the channels of ``x``.

    Args:
        rows: of the graph.
        edges: of the graph.
        x: the tensor that is gathered; its channels decide.
        heads: equal parts of the channels, each of which one program has to see as a whole; 0
            where channels may be cut anywhere.
        functions: of every edge, each of which scales all channels; 0 for none.
        per_lane: edges of a lane to aim at; fewer where a step takes long.

    Example:
        >>> tile(100_000, 800_000, torch.empty(1, 64))
        Tile(rows=16, lanes=1, heads=1, width=64, parts=1, unroll=4)
        >>> tile(2400, 2_400_000, torch.empty(1, 64))
        Tile(rows=1, lanes=16, heads=1, width=64, parts=1, unroll=4)
    """
    channels, numbers = x.shape[1], _WARPS * 32 * _NUMBERS
    width = power(channels // heads) if heads else min(power(channels), _CHANNELS)
    together = min(power(heads), max(1, _CHANNELS // width))
    if functions:
        together = min(power(functions), _FUNCTIONS)
    degree = cdiv(edges, max(1, rows))
    room = max(1, numbers // (width * together))
    lanes = min(room, power(cdiv(degree, per_lane)))
    many = room // lanes
    blocks = cdiv(functions or heads or 1, together) * (1 if heads else cdiv(channels, width))
    while many * lanes * width * together > _WARPS * 32 and many > 1:
        if cdiv(rows, many) * blocks >= _PROGRAMS:
            break
        many //= 2
    programs = max(1, cdiv(rows, many) * blocks)
    parts = min(power(cdiv(_PROGRAMS, programs)), power(cdiv(degree, max(_EDGES, 2 * lanes))))
    return Tile(many, lanes, together, width, parts, 4 if degree > 2 else 1)


def launch(kernel: Any, grid: tuple[int, ...], *args: Any, **constants: Any) -> None:
    """Run a kernel on a grid of programs, on the device of its first argument.

    Kernels see tensors as rows one after the other: others are copied. Products and sums are
    fused, whatever Triton's default is.
    """
    _run(kernel, grid, args, constants, fused=True)


def launch_unfused(kernel: Any, grid: tuple[int, ...], *args: Any, **constants: Any) -> None:
    """As :func:`launch`, but every product and every sum is rounded, as torch does it."""
    _run(kernel, grid, args, constants, fused=False)


def _run(
    kernel: Any,
    grid: tuple[int, ...],
    args: tuple[Any, ...],
    constants: dict[str, Any],
    fused: bool,
) -> None:
    if 0 in grid:
        return
    flat = [a.detach().contiguous() if isinstance(a, Tensor) else a for a in args]
    with torch.cuda.device_of(flat[0]):
        kernel[grid](*flat, **constants, num_warps=_WARPS, enable_fp_fusion=fused)
