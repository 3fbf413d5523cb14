"""Edges sorted by target, and the same edges sorted by source for the backward pass."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.kernels._starts import starts
from graphvision.kernels.reverse import reversed_rows

_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Csr:
    """A bipartite multigraph in compressed rows: row i lists the sources that send to target i.

    Attributes:
        rowptr: first edge of every target and, last, the number of edges, ``[n_targets + 1]``.
        col: the source of every edge, ``[e]``, in 0…num_sources-1.
        num_sources: number of source nodes, isolated and trailing ones included.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2, 2]), torch.tensor([0, 1]), num_sources=3)
        >>> csr.num_targets, csr.degree.tolist()
        (2, [2, 0])
    """

    rowptr: Int[Tensor, " n_targets_plus_1"]
    col: Int[Tensor, " e"]
    num_sources: int

    @classmethod
    def from_sorted(
        cls, row: Int[Tensor, " e"], col: Int[Tensor, " e"], num_targets: int, num_sources: int
    ) -> "Csr":
        """Compress edges whose targets ``row`` never decrease; indices become int32 if they fit."""
        small = max(len(row), num_sources, num_targets) <= _INT32_MAX
        dtype = torch.int32 if small else torch.int64
        rowptr = starts(torch.bincount(row, minlength=num_targets))
        return cls(rowptr.to(dtype), col.to(dtype), num_sources)

    @classmethod
    def from_groups(cls, group: Int[Tensor, " n"], num_groups: int) -> "Csr":
        """Rows are groups, and each lists its members in order; ``group`` is that of every node."""
        order = torch.argsort(group, stable=True)
        return cls.from_sorted(group[order], order, num_groups, len(group))

    @property
    def num_targets(self) -> int:
        """Number of rows."""
        return len(self.rowptr) - 1

    @cached_property
    def degree(self) -> Int[Tensor, " n_targets"]:
        """Edges per target."""
        with torch.inference_mode(False):
            return self.rowptr[1:] - self.rowptr[:-1]

    @cached_property
    def row(self) -> Int[Tensor, " e"]:
        """The target of every edge, int64."""
        with torch.inference_mode(False):
            targets = torch.arange(self.num_targets, device=self.col.device)
            return targets.repeat_interleave(self.degree.long(), output_size=len(self.col))

    @property
    def transposed(self) -> tuple["Csr", Int[Tensor, " e"]]:
        """The reversed edges, and the place in this graph of each of them.

        Edges of one source keep their order (a stable sort), so that sums have one fixed order.
        """
        return self.transposed_by(1)

    @cached_property
    def _transposed_by(self) -> dict[int, tuple["Csr", Tensor]]:
        return {}

    def transposed_by(self, taps: int) -> tuple["Csr", Int[Tensor, " e"]]:
        """The reversed edges of rows by target and tap, in rows by source and tap.

        Args:
            taps: K; row ``i·K + k`` of this graph holds the edges of tap k that arrive at target i.

        Returns:
            Edges whose row ``j·K + k`` holds the targets that read source j through tap k, and the
            place in this graph of each of them.
        """
        made = self._transposed_by.get(taps)
        if made is None:
            with torch.inference_mode(False):
                rows = reversed_rows(self.rowptr, self.col, self.num_sources, taps)
            back = Csr(rows[0], rows[1], self.num_targets // taps)
            made = self._transposed_by[taps] = (back, rows[2])
        return made

    @property
    def both_ways(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """What an op and its gradient read: the edges, the reversed ones, and their places."""
        back, order = self.transposed
        return self.rowptr, self.col, back.rowptr, back.col, order
