"""One wide table in which every op writes its own columns."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.columns import _reference


@dataclass(frozen=True, eq=False)
class Columns:
    """Named features side by side in one table, so that nothing is copied together afterwards.

    Attributes:
        table: ``[n, f]``, one row per region.
        start: first column of every feature.
        width: how many columns it has.

    Example:
        >>> import torch
        >>> columns = Columns.make({"mean": 3, "area": 1}, torch.empty(0), 5)
        >>> columns.table.shape, columns.start["area"], columns["mean"].shape
        (torch.Size([5, 4]), 3, torch.Size([5, 3]))
    """

    table: Float[Tensor, "n f"]
    start: dict[str, int]
    width: dict[str, int]

    @classmethod
    def make(cls, width: dict[str, int], like: Tensor, rows: int) -> "Columns":
        """An empty table with these features in this order, in the dtype of ``like``."""
        start, total = {}, 0
        for name, columns in width.items():
            start[name] = total
            total += columns
        return cls(like.new_empty(rows, total), start, width)

    def __contains__(self, name: str) -> bool:
        return name in self.start

    def __getitem__(self, name: str) -> Float[Tensor, "n k"]:
        first = self.start[name]
        return self.table[:, first : first + self.width[name]]

    def at(self, *names: str) -> tuple[int, ...]:
        """First columns of ``names``; -1 for those that nobody asked for."""
        return tuple(self.start.get(name, -1) for name in names)

    def views(self, *names: str) -> dict[str, Tensor]:
        """Those of ``names`` that are here."""
        return {name: self[name] for name in names if name in self}

    def fill(self, table: dict[str, Tensor]) -> dict[str, Tensor]:
        """Copy the features that are here from ``table``; returns their views."""
        found = self.views(*table)
        copy = fast("copy_columns", "auto", self.table) or _reference.copy_columns
        for name in found:
            copy(self.table, self.start[name], table[name])
        return found
