"""Features side by side in one table that several ops fill."""

from graphvision.kernels.columns._columns import Columns

__all__ = ["Columns"]
