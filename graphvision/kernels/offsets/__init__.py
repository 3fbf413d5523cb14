"""Where the two ends of an edge lie to each other."""

from jaxtyping import Float, Int
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.columns import Columns
from graphvision.kernels.offsets import _reference

__all__ = ["edge_offsets"]


def edge_offsets(
    pos: Float[Tensor, "n d"],
    edge_index: Int[Tensor, "2 e"],
    out: Columns,
    *,
    backend: str = "auto",
) -> None:
    """Write ``displacement = pos_j − pos_i`` and ``distance = ‖pos_j − pos_i‖`` of every edge.

    Args:
        pos: of the nodes, in pixels.
        edge_index: (source j, target i).
        out: a table with one row per edge; those of ``"displacement"`` and ``"distance"`` that it
            has are filled.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` (CPU) or ``"triton"`` (CUDA).

    Example:
        >>> import torch
        >>> out = Columns.make({"displacement": 2, "distance": 1}, torch.empty(0), 1)
        >>> edge_offsets(torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[1], [0]]), out)
        >>> out.table.tolist()
        [[3.0, 4.0, 5.0]]
    """
    run = fast("edge_offsets", backend, pos) or _reference.edge_offsets
    if out.views("displacement", "distance"):
        run(pos, edge_index, out)
