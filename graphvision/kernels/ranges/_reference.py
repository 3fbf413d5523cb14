"""Ranges of rows in plain torch: the meaning of the op."""

import torch
from torch import Tensor


def copy_ranges(
    values: Tensor, begin: Tensor, first: Tensor, add: Tensor | None, *, dim: int, out: Tensor
) -> None:
    """See :func:`graphvision.kernels.ranges.copy_ranges`; materialises the places of all rows."""
    counts = first.diff()
    total = out.shape[dim]
    shift = (begin - first[:-1]).repeat_interleave(counts, output_size=total)
    rows = (torch.arange(total) + shift).to(values.device)
    found = values.index_select(dim, rows).to(out.dtype)
    if add is not None:
        each = add.repeat_interleave(counts, output_size=total).to(values.device, out.dtype)
        found = found + each.view(-1, *[1] * (values.ndim - 1 - dim))
    out.copy_(found)
