"""Attention over the in-edges in plain torch: the meaning of the ops."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import TORCH, Rows
from graphvision.kernels.softmax._reference import segment_softmax


def gat_attention(
    target: Tensor, source: Tensor, vector: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, slope: float, *, rows: Rows = TORCH,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`; materialises ``[e, c]``."""
    value = rows.take(source, csr)
    mixed = rows.spread(target, csr) + value
    if edge is not None and edge_weight is not None:
        mixed = mixed + edge @ edge_weight.T
    bent = torch.nn.functional.leaky_relu(mixed, slope)
    logits = (torch.unflatten(bent, 1, vector.shape) * vector).sum(-1)
    return _weigh(logits, value, csr, rows)


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, heads: int, scale: float, *, rows: Rows = TORCH,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`; materialises ``[e, c]``."""
    k, v = rows.take(key, csr), rows.take(value, csr)
    if edge is not None and edge_weight is not None:
        term = edge @ edge_weight.T
        k, v = k + term, v + term
    product = rows.spread(query, csr) * k
    logits = torch.unflatten(product, 1, (heads, -1)).sum(-1) * scale
    return _weigh(logits, v, csr, rows)


def _weigh(logits: Tensor, value: Tensor, csr: Csr, rows: Rows) -> Tensor:
    share = segment_softmax(logits, csr, rows=rows)
    parts = torch.unflatten(value, 1, (logits.shape[1], -1)) * share.unsqueeze(-1)
    return rows.total(parts.flatten(1), csr)
