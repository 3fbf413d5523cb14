"""Attention over the in-edges in plain torch: the meaning of the ops."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr
from graphvision.kernels.softmax import segment_softmax


def gat_attention(
    target: Tensor, source: Tensor, vector: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, slope: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`; materialises ``[e, c]``."""
    value = source.index_select(0, csr.col.long())
    mixed = target.index_select(0, csr.row) + value
    if edge is not None and edge_weight is not None:
        mixed = mixed + edge @ edge_weight.T
    bent = torch.nn.functional.leaky_relu(mixed, slope)
    logits = (torch.unflatten(bent, 1, vector.shape) * vector).sum(-1)
    return _weigh(logits, value, csr)


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, heads: int, scale: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`; materialises ``[e, c]``."""
    col = csr.col.long()
    k, v = key.index_select(0, col), value.index_select(0, col)
    if edge is not None and edge_weight is not None:
        term = edge @ edge_weight.T
        k, v = k + term, v + term
    product = query.index_select(0, csr.row) * k
    logits = torch.unflatten(product, 1, (heads, -1)).sum(-1) * scale
    return _weigh(logits, v, csr)


def _weigh(logits: Tensor, value: Tensor, csr: Csr) -> Tensor:
    share = segment_softmax(logits, csr, backend="reference")
    parts = torch.unflatten(value, 1, (logits.shape[1], -1)) * share.unsqueeze(-1)
    return value.new_zeros(csr.num_targets, value.shape[1]).index_add(0, csr.row, parts.flatten(1))
