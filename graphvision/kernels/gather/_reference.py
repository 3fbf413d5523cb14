"""Gather, weigh, reduce, in plain torch: the meaning of the op, on every device and dtype."""

from collections.abc import Sequence

import torch
from torch import Tensor

from graphvision.kernels.gather._csr import Csr
from graphvision.kernels.gather._rows import TORCH, Rows

STD_FLOOR = 1e-5


def gather_reduce(
    x: Tensor,
    csr: Csr,
    weight: Tensor | None,
    *,
    reduce: Sequence[str],
    ties: str,
    rows: Rows = TORCH,
) -> Tensor:
    """See :func:`graphvision.kernels.gather.gather_reduce`; materialises ``[e, c]`` messages."""
    messages = rows.take(x, csr)
    if weight is not None:
        heads = messages.unflatten(1, (weight.shape[1], x.shape[1] // weight.shape[1]))
        messages = (heads * weight.unsqueeze(-1)).flatten(1)
    parts = [_reduce(messages, csr, name, ties=ties, rows=rows) for name in reduce]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def _reduce(messages: Tensor, csr: Csr, reduce: str, *, ties: str, rows: Rows) -> Tensor:
    if reduce in ("max", "min"):
        return rows.extreme(messages, csr, reduce, ties)
    total = rows.total(messages, csr)
    if reduce == "sum":
        return total
    degree = csr.degree.clamp(min=1).to(messages.dtype).unsqueeze(1)
    mean = total / degree
    if reduce == "mean":
        return mean
    centred = messages - rows.spread(mean, csr)
    variance = rows.total(centred * centred, csr) / degree
    flat = variance <= STD_FLOOR
    return variance.masked_fill(flat, 1.0).sqrt().masked_fill(flat, 0.0)
