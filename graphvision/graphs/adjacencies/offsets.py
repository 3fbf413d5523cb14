"""Neighbours at fixed offsets on a grid of pixels, samples, voxels or patches."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs.adjacencies.adjacency import AbstractAdjacency
from graphvision.graphs.nodes import Nodes

Offset = tuple[int, ...]
_CONNECTIVITY = {(1, 2): 1, (2, 4): 1, (2, 8): 2, (3, 6): 1, (3, 18): 2, (3, 26): 3}


class Offsets(AbstractAdjacency):
    """Connects every cell of a grid to the cells at given offsets: source = target + offset.

    Args:
        offsets: a number of nearest cells (4 or 8 in a picture, 2 in a signal, 6, 18 or 26 in a
            volume), or a list of offsets, in cells, (dy, dx).
        loops: connect every node to itself too.

    Raises:
        ValueError: an offset twice, or of another dimension than the grid; or a partition that is
            no grid.

    Example:
        >>> import torch, graphvision as gv
        >>> image = torch.rand(1, 1, 3)
        >>> gv.image_graph(image, gv.Pixels(), Offsets([(0, -1)])).edge_index.tolist()
        [[0, 1], [1, 2]]
        >>> gv.image_graph(image, gv.Pixels(), Offsets.window(5)).num_edges
        6
    """

    def __init__(self, offsets: int | Sequence[Offset] = 8, *, loops: bool = False) -> None:
        if not isinstance(offsets, int):
            offsets = sorted(tuple(o) for o in offsets)
            if len(set(offsets)) < len(offsets):
                raise ValueError(f"`offsets` must have every offset once, got {offsets}")
        self.offsets: int | list[Offset] = offsets
        self.loops = loops
        self._window: tuple[int | tuple[int, ...], int] | None = None

    @classmethod
    def window(
        cls, kernel_size: int | tuple[int, ...] = 3, *, dilation: int = 1, loops: bool = False
    ) -> "Offsets":
        """All cells of a k×k window around the target.

        Args:
            kernel_size: side in cells, or one per axis; an even side reaches one cell farther down
                and right.
            dilation: distance between taps, in cells.
            loops: keep the centre.

        Raises:
            ValueError: a side or dilation below 1.
        """
        sides = (kernel_size,) if isinstance(kernel_size, int) else tuple(kernel_size)
        if min(sides, default=0) < 1 or dilation < 1:
            raise ValueError(
                f"`kernel_size` and `dilation` must be at least 1, got {kernel_size} and {dilation}"
            )
        made = cls([], loops=loops)
        made._window = (kernel_size, dilation)
        return made

    def __repr__(self) -> str:
        if self._window is None:
            return super().__repr__()
        kernel_size, dilation = self._window
        return f"Offsets.window({kernel_size}, dilation={dilation}, loops={self.loops})"

    def _list(self, ndim: int) -> list[Offset]:
        if self._window is not None:
            found = _window_offsets(*self._window, ndim)
        elif isinstance(self.offsets, int):
            found = _nearest_offsets(self.offsets, ndim)
        else:
            found = self.offsets
        wrong = next((o for o in found if len(o) != ndim), None)
        if wrong is not None:
            raise ValueError(f"`offsets` must have {ndim} numbers each on this grid, got {wrong}")
        centre = (0,) * ndim
        return sorted({*found, centre}) if self.loops else found

    def edges(self, nodes: Nodes, x: Tensor) -> Int[Tensor, "2 e"]:
        """See :meth:`AbstractAdjacency.edges`."""
        lattice = nodes.lattice
        if lattice is None:
            raise ValueError(
                "`adjacency` Offsets needs a partition on a grid (Pixels, Patches, Samples, Voxels)"
                ", got free regions; SharedBorder, KNearest, Radius and Complete take those"
            )
        ptr = nodes.regions.ptr
        cells = tuple(lattice.shape[1:])
        pairs = _grid_edges(cells, tuple(self._list(len(cells)))).to(lattice.device)
        if nodes.regions.num_regions == lattice.numel():
            return (pairs.unsqueeze(1) + ptr[:-1].view(1, -1, 1)).flatten(1)
        ends = lattice.flatten(1)[:, pairs]
        kept = (ends >= 0).all(1)
        ends = ends + ptr[:-1].view(-1, 1, 1)
        return ends.transpose(0, 1)[:, kept]


def _nearest_offsets(count: int, ndim: int) -> list[Offset]:
    if (ndim, count) not in _CONNECTIVITY:
        known = [c for d, c in _CONNECTIVITY if d == ndim]
        raise ValueError(f"`offsets` must be a list or one of {known} on this grid, got {count}")
    reach = _CONNECTIVITY[ndim, count]
    around = product((-1, 0, 1), repeat=ndim)
    return [o for o in around if 0 < sum(map(abs, o)) <= reach]


def _window_offsets(sides: int | tuple[int, ...], dilation: int, ndim: int) -> list[Offset]:
    sides = (sides,) * ndim if isinstance(sides, int) else sides
    axes = [[dilation * (t - (k - 1) // 2) for t in range(k)] for k in sides]
    return [o for o in product(*axes) if any(o)]


@lru_cache(maxsize=8)
def _grid_edges(cells: tuple[int, ...], offsets: tuple[Offset, ...]) -> Tensor:
    """Edges on one full grid, sorted by target, then source."""
    count = torch.Size(cells).numel()
    target = torch.arange(count)
    if not offsets:
        return torch.empty(2, 0, dtype=torch.int64)
    shift = torch.tensor(offsets)
    stride = torch.tensor([torch.Size(cells[a + 1 :]).numel() for a in range(len(cells))])
    coordinates = target.unsqueeze(1) // stride % torch.tensor(cells)
    there = coordinates.unsqueeze(1) + shift
    inside = ((there >= 0) & (there < torch.tensor(cells))).all(2)
    source = target.unsqueeze(1) + (shift * stride).sum(1)
    return torch.stack([source, target.unsqueeze(1).expand_as(source)])[:, inside]
