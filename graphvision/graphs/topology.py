"""Who sends to whom: a bipartite multigraph, explicit or as a window over a full raster."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvision.graphs._cache import TensorCache
from graphvision.graphs.abstract_window import AbstractWindow, Size
from graphvision.kernels.gather import Csr


@dataclass(frozen=True, eq=False)
class Edges:
    """Explicit edges in rows by target, then source, then tap.

    Attributes:
        csr: the edges.
        tap: the tap of every edge, or None.
        weight: the factor of every edge (float64), or None for 1.
        order: the place of every edge in the list it was sorted from, or None.
    """

    csr: Csr
    tap: Int[Tensor, " e"] | None = None
    weight: Float[Tensor, " e"] | None = None
    order: Int[Tensor, " e"] | None = None


@dataclass(frozen=True)
class Raster:
    """A window that slides over a batch of full rasters of one size."""

    batch: int
    size: Size
    window: AbstractWindow

    @property
    def output_size(self) -> Size:
        """Size of the output raster."""
        return self.window.output_size(self.size)


@dataclass(frozen=True)
class CompleteBlocks:
    """Every source of a block sends to every target of the same block."""

    batch: int
    num_targets: int
    num_sources: int


class Topology:
    """The edges of a layer, from ``num_sources`` nodes to ``num_targets`` nodes.

    Edges are sorted by target, source and tap. Parallel edges are kept: circular, reflect and
    replicate padding make some. Where the topology is a window on full rasters, edges are only
    written out when somebody asks for them.

    Attributes:
        num_sources: nodes that send.
        num_targets: nodes that receive.
        num_taps: taps of the window, 0 where edges carry none.
        tap_offsets: position of every tap relative to the centre, in pixels, or None.
        weighted: whether edges have a factor.
        raster: the window and its rasters, where this is a full raster, or None.
        complete: the blocks, where all their pairs are edges, or None.

    Example:
        >>> from graphvision.graphs import Window, window_topology
        >>> grid = window_topology((3, 3), Window.make(3, stride=1, padding=1, dims=2))
        >>> grid.num_targets, grid.num_edges, grid.degree.tolist()
        (9, 49, [4, 6, 4, 6, 9, 6, 4, 6, 4])
    """

    def __init__(
        self,
        num_sources: int,
        num_targets: int,
        edges: Callable[[], Edges],
        *,
        window: AbstractWindow | None = None,
        raster: Raster | None = None,
        complete: CompleteBlocks | None = None,
    ) -> None:
        self.num_sources = num_sources
        self.num_targets = num_targets
        self.raster = raster
        self.complete = complete
        self.num_taps = window.num_taps if window else 0
        self.tap_offsets = window.tap_offsets if window else None
        self.weighted = window is not None and (raster is None or window.weighted)
        self.plans: dict[Any, Any] = {}  # what layers chose to run on these edges
        self._edges: Edges | Callable[[], Edges] = edges

    def __repr__(self) -> str:
        whole = self.raster or self.complete
        form = whole if whole else f"num_edges={self.num_edges}"
        return f"Topology({self.num_sources} → {self.num_targets}, {form})"

    @cached_property
    def edges(self) -> Edges:
        """The edges, written out on first use."""
        made = self._edges
        if not isinstance(made, Edges):
            with torch.inference_mode(False):
                made = self._edges = made()  # lets go of what they were made from
        return made

    @cached_property
    def num_edges(self) -> int:
        """Edges, parallel ones counted; those of a full raster are counted without writing any."""
        if self.raster is None:
            return len(self.edges.csr.col)
        reads = self.raster.window.sources(self.raster.size)
        return self.raster.batch * prod(int((axis >= 0).sum()) for axis in reads)

    @cached_property
    def edge_index(self) -> Int[Tensor, "2 e"]:
        """PyG's form: column (j, i) for the message from j to i."""
        csr = self.edges.csr
        with torch.inference_mode(False):
            return torch.stack([csr.col.long(), csr.row])

    @property
    def tap(self) -> Int[Tensor, " e"] | None:
        """The tap of every edge, where there are taps."""
        return self.edges.tap

    @property
    def weight(self) -> Float[Tensor, " e"] | None:
        """The factor of every edge: the share of a region, or 1 / divisor; None for 1."""
        return self.edges.weight

    @property
    def degree(self) -> Int[Tensor, " m"]:
        """Edges that arrive at each target."""
        return self.edges.csr.degree

    @cached_property
    def empty_windows(self) -> Bool[Tensor, " m"] | None:
        """The targets of a full raster whose window holds no pixel; None where there are none."""
        if self.raster is None:
            return None
        raster = self.raster
        axes = [(index < 0).all(0) for index in raster.window.sources(raster.size)]
        if not any(bool(axis.any()) for axis in axes):
            return None
        with torch.inference_mode(False):
            empty = torch.zeros((), dtype=torch.bool)
            for axis in axes:
                empty = empty.unsqueeze(-1) | axis
            return empty.flatten().repeat(raster.batch).to(self.degree.device)

    @cached_property
    def _by_tap(self) -> tuple[Csr, Tensor]:
        edges = self.edges
        if edges.tap is None:
            raise ValueError("`topology` must have taps to be read by tap, got one without")
        num_rows = self.num_targets * self.num_taps
        with torch.inference_mode(False):
            row = edges.csr.row * self.num_taps + edges.tap
            order = torch.argsort(row, stable=True)
            col = edges.csr.col[order].long()
            return Csr.from_sorted(row[order], col, num_rows, self.num_sources), order

    def by_tap(self, dtype: torch.dtype) -> tuple[Csr, Float[Tensor, " e"] | None]:
        """The edges with one row per (target, tap), and their weights in ``dtype``."""
        csr, order = self._by_tap
        weight = self.edges.weight
        return csr, None if weight is None else weight[order].to(dtype)


@lru_cache(maxsize=256)
def window_topology(
    size: Size, window: AbstractWindow, batch: int = 1, device: torch.device | None = None
) -> Topology:
    """The topology of a window that slides over ``batch`` full rasters of ``size``.

    Nodes are pixels in row-major order, image after image, so that the features ``[b·h·w, c]`` are
    the channels-last image itself.

    Args:
        size: input pixels per axis.
        window: the window.
        batch: number of images.
        device: where edges are written, should they be asked for.

    Raises:
        ValueError: the window doesn't fit.
    """
    raster = Raster(batch, size, window)
    sources, targets = batch * prod(size), batch * prod(raster.output_size)
    return Topology(
        sources,
        targets,
        lambda: _expand(raster, device or torch.device("cpu")),
        window=window,
        raster=raster,
    )


def window_pixels(size: Size, window: AbstractWindow) -> Int[Tensor, "p k"]:
    """The input pixel (row-major) that every tap of every output pixel reads; -1 for nothing."""
    return flat_pixels(window.sources(size), size)


def flat_pixels(tables: list[Tensor], size: Size) -> Int[Tensor, "p k"]:
    """Row-major pixels of ``size`` from a table ``[k, o]`` of indices per axis; -1 for nothing."""
    flat: Tensor = torch.zeros((1, 1), dtype=torch.int64)
    inside = torch.ones((1, 1), dtype=torch.bool)
    for index, length in zip(tables, size, strict=True):
        step = index.T
        flat = (flat[:, None, :, None] * length + step[None, :, None, :]).flatten(2).flatten(0, 1)
        here = (step >= 0)[None, :, None, :]
        inside = (inside[:, None, :, None] & here).flatten(2).flatten(0, 1)
    return flat.masked_fill(~inside, -1)


def window_factors(size: Size, window: AbstractWindow) -> Float[Tensor, "p k"] | None:
    """The factor (float64) of every tap of every output pixel; None for 1."""
    tables = window.factors(size)
    if tables is None:
        return None
    out = torch.ones((1, 1), dtype=torch.float64)
    for factor in tables:
        out = (out[:, None, :, None] * factor.T[None, :, None, :]).flatten(2).flatten(0, 1)
    return out


def _expand(raster: Raster, device: torch.device) -> Edges:
    pixels = window_pixels(raster.size, raster.window)
    factors = window_factors(raster.size, raster.window)
    count, taps = pixels.shape
    order = torch.argsort(pixels, dim=1, stable=True)
    pixels = pixels.gather(1, order)
    keep = pixels >= 0
    row = torch.arange(count)[:, None].expand(-1, taps)[keep]
    tap, col = order[keep], pixels[keep]
    weight = None if factors is None else factors[row, tap]
    image = torch.arange(raster.batch)[:, None]
    num_in = prod(raster.size)
    csr = Csr.from_sorted(
        (row + image * count).flatten().to(device),
        (col + image * num_in).flatten().to(device),
        count * raster.batch,
        num_in * raster.batch,
    )
    return Edges(
        csr,
        tap.repeat(raster.batch).to(device) if raster.window.num_taps else None,
        None if weight is None else weight.repeat(raster.batch).to(device),
    )


_sorted_edges = TensorCache()


def edge_topology(edge_index: Tensor, num_sources: int, num_targets: int | None = None) -> Topology:
    """The topology of PyG's ``edge_index``; sorting is remembered for as long as the tensor lives.

    Args:
        edge_index: ``[2, e]``; column (j, i) for the message from j to i, in any order.
        num_sources: nodes that send.
        num_targets: nodes that receive; as many as send by default.

    Raises:
        ValueError: an index outside the nodes, or no integer matrix of two rows.
    """
    targets = num_sources if num_targets is None else num_targets
    return _sorted_edges.get(
        edge_index, (num_sources, targets), lambda: _sort(edge_index, num_sources, targets)
    )


def _sort(edge_index: Tensor, num_sources: int, num_targets: int) -> Topology:
    _check_range(edge_index, num_sources, num_targets)
    col, row = edge_index.long()
    key, order = row * max(1, num_sources) + col, None
    if bool((key[1:] < key[:-1]).any()):
        order = torch.argsort(key, stable=True)
        col, row = col[order], row[order]
    csr = Csr.from_sorted(row, col, num_targets, num_sources)
    return Topology(num_sources, num_targets, lambda: Edges(csr, order=order))


def _check_range(edge_index: Tensor, num_sources: int, num_targets: int) -> None:
    whole = not edge_index.is_floating_point() and edge_index.dtype != torch.bool
    if edge_index.ndim != 2 or edge_index.shape[0] != 2 or not whole:
        raise ValueError(
            "`edge_index` must be an integer tensor of shape (2, e), "
            f"got {str(edge_index.dtype)[6:]} of shape {tuple(edge_index.shape)}"
        )
    if edge_index.shape[1] == 0:
        return
    low, high = edge_index.min(), edge_index.amax(1)
    if low < 0 or high[0] >= num_sources or high[1] >= num_targets:
        raise ValueError(
            f"`edge_index` must lie in 0…{num_sources - 1} → 0…{num_targets - 1}, "
            f"got {int(low)}…{high.tolist()}"
        )
