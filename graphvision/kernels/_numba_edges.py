"""What kernels over rows of edges have in common, and how rows are shared out."""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels import _numba_blocks as blocks
from graphvision.kernels._jit import jit
from graphvision.kernels._numba_blocks import inlined, over_channels, pointer
from graphvision.kernels._numba_vector import LANES, fill, fma, load, store, total
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather._numba_weighted import weighted_block

BLOCK = 256  # targets whose terms of a shared gradient are added first, whoever computes them
_GRAIN = 1 << 16  # numbers per edge and channel that are worth a thread


@jit
def dot(x: Any, i: int, y: Any, j: int, width: int) -> Any:
    """The product of ``width`` numbers of x from i on and of y from j on."""
    acc = fill(x, 0)
    for c in range(0, width, LANES):
        acc = fma(load(x, i + c, width - c), load(y, j + c, width - c), acc)
    return total(acc)


@jit
def add_to(x: Any, at: int, left: int, v: Any) -> None:
    """Add a vector to the numbers of x from ``at`` on."""
    store(x, at, left, load(x, at, left) + v)


@inlined
def dot_block(
    zero: Any, c: Any, head: Any, heads: Any, x: Any, i: Any, y: Any, col: Any, channels: Any,
    first: Any, last: Any, out: Any,
) -> None:  # fmt: skip
    """Add ``x_i · y_j`` of a row's edges, the channels of a block, to the numbers of a head."""
    own = blocks.load(x, i * channels + c, zero)
    for e in range(first, last):
        other = blocks.load(y, np.int64(col[e]) * channels + c, zero)
        out[e * heads + head] += blocks.total(blocks.multiply(own, other))


@jit
def products(
    i: int, first: int, last: int, x: Any, y: Any, col: Any, heads: int, channels: int, out: Any
) -> None:  # fmt: skip
    """``x_i · y_j`` head by head, of row i, whose edges are first…last-1."""
    width, nothing = channels // heads, x.dtype.type(0)
    own, others, cols, found = pointer(x), pointer(y), pointer(col), pointer(out)
    out[first * heads : last * heads] = 0
    for h in range(heads):
        over_channels(
            dot_block, nothing, h * width, (h + 1) * width, h, heads, own, i, others, cols,
            channels, first, last, found,
        )  # fmt: skip


@jit
def weighted_sum(
    i: int, first: int, last: int, value: Any, share: Any, col: Any, heads: int, channels: int,
    out: Any,
) -> None:  # fmt: skip
    """``out_i = Σ_e α_e v_j`` in row i, whose edges are first…last-1."""
    width, nothing = channels // heads, value.dtype.type(0)
    values, shares, cols, found = pointer(value), pointer(share), pointer(col), pointer(out)
    for h in range(heads):
        over_channels(
            weighted_block, nothing, h * width, (h + 1) * width, h, heads, values, channels,
            cols, shares, cols, False, first, last, found, i * channels,
        )  # fmt: skip


@jit
def mixed(
    target: Any, i: int, source: Any, j: int, edge: Any, e: int, weight: Any, c: int, left: int,
    channels: int,
) -> Any:  # fmt: skip
    """Z of edge e from channel c on."""
    z = load(target, i * channels + c, left) + load(source, j * channels + c, left)
    if edge is not None:
        size = weight.size // channels
        for d in range(size):
            z = fma(edge[e * size + d], load(weight, d * channels + c, left), z)
    return z


@jit
def edge_grads(
    first: int, last: int, steps: Any, edge: Any, weight: Any, c: int, left: int, channels: int,
    grad_edge: Any, sums: Any, at: int,
) -> None:  # fmt: skip
    """Add what the row's ∂z (eight channels of every edge) give to the features and the matrix."""
    size = weight.size // channels
    for d in range(size):
        acc = fill(steps, 0)
        for e in range(first, last):
            acc = fma(edge[e * size + d], load(steps, (e - first) * LANES, LANES), acc)
        add_to(sums, at + d * channels + c, left, acc)
    if grad_edge is not None:
        for e in range(first, last):
            step = load(steps, (e - first) * LANES, LANES)
            for d in range(size):
                grad_edge[e * size + d] += total(step * load(weight, d * channels + c, left))


@jit
def longest_row(rowptr: Any, lo: int, hi: int) -> int:
    """The most edges that one of the rows lo…hi-1 has."""
    longest = 0
    for i in range(lo, hi):
        longest = max(longest, rowptr[i + 1] - rowptr[i])
    return longest


@jit
def _add_blocks(sums: Any, out: Any) -> None:
    out[:] = 0
    for b in range(sums.size // max(1, out.size)):
        for c in range(out.size):
            out[c] += sums[b * out.size + c]


def num_blocks(rows: int) -> int:
    """Blocks that cover the rows: cuts that no thread count moves."""
    return -(-rows // BLOCK)


def add_blocks(sums: Tensor) -> Tensor:
    """The sum over the first axis, in order."""
    out = sums.new_empty(sums.shape[1:])
    _add_blocks(flat(sums), flat(out))
    return out


def flat(x: Tensor | None) -> Any:
    """The numbers in one contiguous axis, as kernels index them; None stays None."""
    return None if x is None else x.detach().contiguous().view(-1).numpy()


def turned(weight: Tensor | None) -> Tensor | None:
    """A matrix of ``torch.nn.Linear`` with one row per input."""
    return None if weight is None else weight.detach().T


def share_out(kernel: Any, rows: int, work: int, *args: Any) -> None:
    """Run a kernel on parts of its rows; ``work`` numbers are touched in all."""
    grain = _GRAIN * max(1, rows) // max(1, work)
    for_rows(kernel, rows, *args, grain=max(1, grain))
