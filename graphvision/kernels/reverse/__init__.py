"""The edges of a graph in rows by source, from rows by target."""

from jaxtyping import Int
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels.reverse import _ops, _reference

__all__ = ["reversed_rows"]

Rows = tuple[Tensor, Tensor, Tensor]


def reversed_rows(
    rowptr: Int[Tensor, " rows_plus_1"],
    col: Int[Tensor, " e"],
    num_sources: int,
    taps: int = 1,
    *,
    backend: str = "auto",
) -> Rows:
    """Turn rows by target and tap into rows by source and tap.

    Edges of one new row keep their order, so that sums over it have one fixed order.

    Args:
        rowptr: first edge of every row; row ``i·taps + k`` holds the edges of tap k at target i.
        col: the source of every edge, 0…num_sources-1.
        num_sources: number of source nodes.
        taps: rows per target.
        backend: ``"auto"``, ``"reference"`` or ``"numba"`` (CPU).

    Returns:
        Three tensors of the dtype of ``col``: the first edge of every new row ``j·taps + k``, the
        target of every reversed edge, and its place among the edges given.

    Raises:
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> rowptr, col = torch.tensor([0, 2, 3]), torch.tensor([0, 1, 0])
        >>> [t.tolist() for t in reversed_rows(rowptr, col, 2)]
        [[0, 2, 3], [0, 1, 0], [0, 2, 1]]
    """
    plain = chosen("reversed_rows", backend, col) == "reference"
    run = _reference.reversed_rows if plain else _ops.REVERSED
    made: Rows = run(rowptr, col, num_sources, taps)
    return made
