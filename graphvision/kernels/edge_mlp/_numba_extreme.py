"""The greatest or least two-layer message of a row on the CPU, in tiles of edges.

The last layer has to run per edge here. Rows are taken in tiles whose hidden features fit the
cache: hidden features, one matrix product, the extreme of each row. What is kept for the backward
pass is one bit per edge and channel: whose message it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_edges import add_to, flat, mixed, turned
from graphvision.kernels._numba_vector import (
    LANES,
    equal_bits,
    fill,
    load,
    maximum,
    minimum,
    store,
    where_bits,
)
from graphvision.kernels._pool import for_rows, num_threads, torch_held
from graphvision.kernels.edge_mlp._numba_activation import NUMBERS, activation, steepness

_TILE = 4096  # edges


@jit
def _hidden(
    lo: int, hi: int, start: int, target: Any, source: Any, edge: Any, weight: Any, kind: int,
    slope: float, rowptr: Any, col: Any, channels: int, out: Any,
) -> None:  # fmt: skip
    begin = rowptr[start]
    for i in range(start + lo, start + hi):
        for e in range(rowptr[i], rowptr[i + 1]):
            for c in range(0, channels, LANES):
                left = channels - c
                z = mixed(target, i, source, col[e], edge, e, weight, c, left, channels)
                store(out, (e - begin) * channels + c, left, activation(z, kind, slope))


@jit
def _extreme(
    lo: int, hi: int, start: int, message: Any, rowptr: Any, channels: int, largest: bool,
    first_only: bool, out: Any, wins: Any,
) -> None:  # fmt: skip
    begin, bytes_per_edge = rowptr[start], (channels + LANES - 1) // LANES
    for i in range(start + lo, start + hi):
        first, last = rowptr[i], rowptr[i + 1]
        for c in range(0, channels, LANES):
            left = channels - c
            best = fill(out, 0)
            for e in range(first, last):
                m = load(message, (e - begin) * channels + c, left)
                if e == first:
                    best = m
                elif largest:
                    best = maximum(best, m)
                else:
                    best = minimum(best, m)
            store(out, i * channels + c, left, best)
            seen = np.uint8(0)
            for e in range(first, last):
                bits = equal_bits(load(message, (e - begin) * channels + c, left), best)
                wins[e * bytes_per_edge + c // LANES] = bits & ~seen
                seen = np.uint8(seen | bits) if first_only else seen


@jit
def _message_grad(
    lo: int, hi: int, start: int, grad: Any, wins: Any, rowptr: Any, channels: int, out: Any
) -> None:
    begin, bytes_per_edge = rowptr[start], (channels + LANES - 1) // LANES
    for i in range(start + lo, start + hi):
        first, last = rowptr[i], rowptr[i + 1]
        for c in range(0, channels, LANES):
            left, byte = channels - c, c // LANES
            none, one, count = fill(grad, 0), fill(grad, 1), fill(grad, 0)
            for e in range(first, last):
                count = count + where_bits(wins[e * bytes_per_edge + byte], one, none)
            part = load(grad, i * channels + c, left) / maximum(count, one)
            for e in range(first, last):
                g = where_bits(wins[e * bytes_per_edge + byte], part, none)
                store(out, (e - begin) * channels + c, left, g)


@jit
def _term_grad(
    lo: int, hi: int, start: int, grad: Any, target: Any, source: Any, edge: Any, weight: Any,
    kind: int, slope: float, rowptr: Any, col: Any, channels: int, grad_target: Any,
) -> None:  # fmt: skip
    """From gradients of hidden features, in place, those of z, and their sum per target."""
    begin = rowptr[start]
    for i in range(start + lo, start + hi):
        for c in range(0, channels, LANES):
            left = channels - c
            acc = fill(grad, 0)
            for e in range(rowptr[i], rowptr[i + 1]):
                z = mixed(target, i, source, col[e], edge, e, weight, c, left, channels)
                at = (e - begin) * channels + c
                step = load(grad, at, left) * steepness(z, kind, slope)
                store(grad, at, left, step)
                acc = acc + step
            store(grad_target, i * channels + c, left, acc)


@jit
def _scatter(
    lo: int, hi: int, begin: int, end: int, grad: Any, col: Any, channels: int, out: Any
) -> None:
    """Add the rows of a tile to their sources; threads share the channels, so order is fixed."""
    for e in range(begin, end):
        for c in range(lo * LANES, min(hi * LANES, channels), LANES):
            left = channels - c
            add_to(out, col[e] * channels + c, left, load(grad, (e - begin) * channels + c, left))


@dataclass
class _Tile:
    """Rows ``start``…``stop``-1, their edges ``begin``…``end``-1, and what is computed for them."""

    start: int
    stop: int
    begin: int
    end: int
    found: tuple[Tensor, ...] = ()

    def run(self, kernel: Any, *args: Any) -> None:
        """A kernel on the rows of the tile."""
        kernel(0, self.stop - self.start, self.start, *args)


def _tiles(rowptr: Tensor) -> Iterator[_Tile]:
    """Rows of at most ``_TILE`` edges together, or one row with more."""
    ends = rowptr.numpy()
    a, rows = 0, len(ends) - 1
    while a < rows:
        b = max(a + 1, int(np.searchsorted(ends, ends[a] + _TILE, side="right")) - 1)
        yield _Tile(a, b, int(ends[a]), int(ends[b]))
        a = b


def _each_tile(rowptr: Tensor, work: Callable[[_Tile], None]) -> Iterator[_Tile]:
    """The tiles in order, each after ``work``; threads work on as many tiles as there are of them.

    A matrix product of several threads may add in another order than one of a single thread does,
    so every product here is one thread's.
    """

    def several(lo: int, hi: int, wave: tuple[_Tile, ...]) -> None:
        torch.set_num_threads(1)  # a thread of our pool doesn't know yet that torch is held
        for tile in wave[lo:hi]:
            work(tile)

    tiles = _tiles(rowptr)
    with torch_held(), torch.no_grad():
        while wave := tuple(islice(tiles, num_threads())):
            for_rows(several, len(wave), wave)
            yield from wave


def mlp_extreme(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    weight: Tensor, activation: str, slope: float, reduce: str, ties: str, rowptr: Tensor,
    col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_extreme`; one bit per message too."""
    channels, hidden = weight.shape
    out = target.new_empty(len(target), channels)
    wins = target.new_empty(len(col), -(-channels // LANES), dtype=torch.uint8)
    terms = [flat(x) for x in (target, source, edge, turned(edge_weight))]
    terms += [NUMBERS[activation], slope, flat(rowptr), flat(col), hidden]
    after = (flat(rowptr), channels, reduce == "max", ties == "first", flat(out), flat(wins))

    def work(tile: _Tile) -> None:
        h = target.new_empty(tile.end - tile.begin, hidden)
        tile.run(_hidden, *terms, flat(h))
        tile.run(_extreme, flat(h @ weight.detach().T), *after)

    for _ in _each_tile(rowptr, work):
        pass
    return out, wins


def mlp_extreme_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, weight: Tensor, wins: Tensor, rowptr: Tensor, col: Tensor,
    back_rowptr: Tensor, back_col: Tensor, order: Tensor, activation: str, slope: float,
    to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of target, source, edge (empty unless ``to_edge``), edge_weight and weight.

    Tiles add to their sources, so that the reversed edges are not read here.
    """
    channels, hidden = weight.shape
    grad_target, grad_source = target.new_empty(target.shape), source.new_zeros(source.shape)
    grad_edge = target.new_zeros(edge.shape if edge is not None and to_edge else (0,))
    grad_edge_weight = target.new_zeros((0,) if edge_weight is None else edge_weight.shape)
    grad_weight = weight.new_zeros(weight.shape)
    terms = [flat(x) for x in (target, source, edge, turned(edge_weight))]
    terms += [NUMBERS[activation], slope, flat(rowptr), flat(col), hidden]
    given = (flat(grad), flat(wins), flat(rowptr), channels)

    def work(tile: _Tile) -> None:
        u, v = tile.begin, tile.end
        h, m = target.new_empty(v - u, hidden), target.new_empty(v - u, channels)
        tile.run(_hidden, *terms, flat(h))
        tile.run(_message_grad, *given, flat(m))
        dh = m @ weight.detach()
        tile.run(_term_grad, flat(dh), *terms, flat(grad_target))
        tile.found = (dh, m.T @ h)
        if edge is not None and edge_weight is not None:
            tile.found += (dh.T @ edge.detach()[u:v],)
            if to_edge:
                grad_edge[u:v] = dh @ edge_weight.detach()

    for tile in _each_tile(rowptr, work):
        dh, *parts = tile.found
        for whole, part in zip((grad_weight, grad_edge_weight), parts, strict=False):
            whole += part
        args = (tile.begin, tile.end, flat(dh), flat(col), hidden, flat(grad_source))
        for_rows(_scatter, -(-hidden // LANES), *args, grain=2)
        tile.found = ()
    return grad_target, grad_source, grad_edge, grad_edge_weight, grad_weight
