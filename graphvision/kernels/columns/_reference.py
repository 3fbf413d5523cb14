"""Copying narrow tables into the columns of a wide one, in plain torch."""

from torch import Tensor


def copy_columns(table: Tensor, at: int, source: Tensor) -> None:
    """Write ``source`` ``[n, k]`` into columns ``at…at + k``."""
    table[:, at : at + source.shape[1]].copy_(source)
