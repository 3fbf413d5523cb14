"""Differences of positions in plain torch."""

import torch
from torch import Tensor

from graphvision.kernels.columns import Columns


def edge_offsets(pos: Tensor, edge_index: Tensor, out: Columns) -> None:
    """See :func:`graphvision.kernels.offsets.edge_offsets`."""
    source, target = edge_index
    offset = pos.index_select(0, source) - pos.index_select(0, target)
    distance = torch.linalg.vector_norm(offset, dim=1, keepdim=True)
    out.fill({"displacement": offset, "distance": distance})
