"""The reversed edges by a stable sort."""

import torch
from torch import Tensor


def reversed_rows(
    rowptr: Tensor, col: Tensor, num_sources: int, taps: int
) -> tuple[Tensor, Tensor, Tensor]:
    """See :func:`graphvision.kernels.reverse.reversed_rows`."""
    count = len(rowptr) - 1
    degree = (rowptr[1:] - rowptr[:-1]).long()
    rows = torch.arange(count, device=col.device).repeat_interleave(degree, output_size=len(col))
    key = col.long() * taps + rows % taps
    order = torch.argsort(key, stable=True)
    back = torch.zeros(num_sources * taps + 1, dtype=torch.int64, device=col.device)
    torch.cumsum(torch.bincount(key, minlength=num_sources * taps), 0, out=back[1:])
    return back.to(col.dtype), (rows[order] // taps).to(col.dtype), order.to(col.dtype)
