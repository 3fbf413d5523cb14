"""Errors about shapes, for ops that take terms of nodes and a linear map of the edges' features."""

from torch import Tensor

from graphvision.kernels.gather import Csr


def check_matrix(name: str, x: Tensor, rows: int, columns: int) -> None:
    """Refuse what isn't ``[rows, columns]``."""
    if x.ndim != 2 or x.shape[0] != rows or x.shape[1] != columns:
        raise ValueError(f"`{name}` must have shape ({rows}, {columns}), got {tuple(x.shape)}")


def check_edge(
    edge: Tensor | None, edge_weight: Tensor | None, csr: Csr, channels: int
) -> None:  # fmt: skip
    """Refuse features and weights of edges that don't go together, or are one without the other."""
    if edge is None and edge_weight is None:
        return
    if edge is None or edge_weight is None:
        raise ValueError("`edge` and `edge_weight` must be given together, got one of them")
    check_matrix("edge", edge, csr.col.shape[0], edge_weight.shape[-1])
    check_matrix("edge_weight", edge_weight, channels, edge.shape[1])
