"""Gather, weigh, reduce, in plain torch: the meaning of the op, on every device and dtype."""

from collections.abc import Sequence

import torch
from torch import Tensor

from graphvision.kernels.gather._csr import Csr

STD_FLOOR = 1e-5


def gather_reduce(
    x: Tensor, csr: Csr, weight: Tensor | None, *, reduce: Sequence[str], ties: str
) -> Tensor:
    """See :func:`graphvision.kernels.gather.gather_reduce`; materialises ``[e, c]`` messages."""
    messages = x.index_select(0, csr.col.long())
    if weight is not None:
        heads = messages.unflatten(1, (weight.shape[1], x.shape[1] // weight.shape[1]))
        messages = (heads * weight.unsqueeze(-1)).flatten(1)
    parts = [_reduce(messages, csr, reduce=name, ties=ties) for name in reduce]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def _reduce(messages: Tensor, csr: Csr, *, reduce: str, ties: str) -> Tensor:
    if reduce in ("max", "min"):
        return _extreme(messages, csr, reduce=reduce, ties=ties)
    if reduce == "std":
        return _std(messages, csr)
    total = _sum(messages, csr)
    if reduce == "sum":
        return total
    return total / csr.degree.clamp(min=1).to(messages.dtype).unsqueeze(1)


def _sum(messages: Tensor, csr: Csr) -> Tensor:
    out = messages.new_zeros(csr.num_targets, messages.shape[1])
    return out.index_add(0, csr.row, messages)


def _std(messages: Tensor, csr: Csr) -> Tensor:
    degree = csr.degree.clamp(min=1).to(messages.dtype).unsqueeze(1)
    mean = _sum(messages, csr) / degree
    centred = messages - mean.index_select(0, csr.row)
    variance = _sum(centred * centred, csr) / degree
    flat = variance <= STD_FLOOR
    return variance.masked_fill(flat, 1.0).sqrt().masked_fill(flat, 0.0)


def _extreme(messages: Tensor, csr: Csr, *, reduce: str, ties: str) -> Tensor:
    index = csr.row.unsqueeze(1).expand_as(messages)
    # From zeros, torch counts the ignored start value as a tie wherever the extreme is exactly 0.
    start = float("-inf") if reduce == "max" else float("inf")
    out = messages.new_full((csr.num_targets, messages.shape[1]), start)
    out = out.scatter_reduce(0, index, messages, "a" + reduce, include_self=True)
    out = out.masked_fill((csr.degree == 0).unsqueeze(1), 0.0)
    if ties == "even":
        return out
    edge = torch.arange(len(messages), device=messages.device).unsqueeze(1).expand_as(messages)
    wins = (messages.detach() == out.detach().index_select(0, csr.row)) | messages.isnan()
    edge = edge.masked_fill(~wins, len(messages))
    first = torch.full(out.shape, len(messages), device=out.device)
    first = first.scatter_reduce(0, index, edge, "amin", include_self=True)
    padded = torch.cat([messages, messages.new_zeros(1, messages.shape[1])])
    return padded.gather(0, first)
