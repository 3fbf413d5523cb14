"""Ranges of rows behind one another: how a batch is cut from the arrays of all graphs."""

from jaxtyping import Int
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.ranges import _reference

__all__ = ["copy_ranges"]


def copy_ranges(
    values: Tensor,
    begin: Int[Tensor, " b"],
    first: Int[Tensor, " b_plus_1"],
    add: Int[Tensor, " b"] | None = None,
    *,
    dim: int = 0,
    out: Tensor | None = None,
    backend: str = "auto",
) -> Tensor:
    """Copy b ranges: ``out[first[i] + k] = values[begin[i] + k] + add[i]``, all k of range i.

    Args:
        values: what is copied from, of any shape.
        begin: first row of every range, int64 on the CPU.
        first: where every range starts in the result and, last, the number of its rows, int64 on
            the CPU; they never decrease.
        add: added to the values of a range.
        dim: the axis of rows.
        out: written to, contiguous, on the device of ``values`` and of any dtype that holds them; a
            new tensor of the dtype of ``values`` by default.
        backend: ``"auto"``, ``"reference"`` or ``"numba"`` (CPU).

    Returns:
        ``values`` with the rows of the ranges alone.

    Raises:
        IndexError: a range doesn't lie within ``values``.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> values = torch.arange(10)
        >>> copy_ranges(values, torch.tensor([7, 1]), torch.tensor([0, 3, 5])).tolist()
        [7, 8, 9, 1, 2]
    """
    counts = first.diff()
    if len(begin) and bool(
        ((begin < 0) | (counts < 0) | (begin + counts > values.shape[dim])).any()
    ):
        rows = values.shape[dim]
        raise IndexError(f"ranges must lie within the {rows} rows of `values`, got others")
    if out is None:
        shape = list(values.shape)
        shape[dim] = int(first[-1])
        out = values.new_empty(shape)
    run = fast("copy_ranges", backend, values) or _reference.copy_ranges
    run(values, begin, first, add, dim=dim % values.ndim, out=out)
    return out
