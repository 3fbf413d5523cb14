"""Attention between tokens as message passing on a complete graph, one for every head."""

from functools import lru_cache
from math import prod, sqrt
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs.complete_topology import complete_topology
from graphvision.graphs.topology import Edges, Topology
from graphvision.kernels.gather import Csr
from graphvision.nn.message_passing import MessagePassing
from graphvision.nn.psi import ScaledDotProduct


class _Form(NamedTuple):
    scale: float
    dropout: float
    lower: bool
    backend: str


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    lower: bool = True,
    backend: str = "auto",
) -> Tensor:
    """What every token receives from those it attends to.

    ``n_i' = Σ_j α_ij v_j``, ``α_i = softmax_j(scale · q_i·k_j + mask_ij)``: messages of ψ =
    :class:`~graphvision.nn.psi.ScaledDotProduct`. Lowered it is torch's
    ``scaled_dot_product_attention``. Else every head of every sequence is a complete graph of
    tokens; edges that the mask forbids (False or -∞) are left out of it.

    Args:
        query: ``[…, heads, targets, width]``.
        key: ``[…, heads, sources, width]``.
        value: ``[…, heads, sources, c]``.
        attn_mask: True where a target may attend, or what is added to the logits; of a shape that
            broadcasts to ``[…, heads, targets, sources]``.
        dropout_p: probability that an edge falls silent; always, as in torch's function.
        is_causal: whether a token attends to those up to its own place only.
        scale: factor of the products; ``1 / √width`` by default.
        enable_gqa: whether fewer heads of keys and values serve several heads of queries each.
        lower: False for messages along explicit edges.
        backend: as in :class:`MessagePassing`.

    Returns:
        ``[…, heads, targets, c]``; 0 where a token may attend to none.

    Raises:
        ValueError: a mask beside ``is_causal``, or one that is neither bool nor floating.

    Example:
        >>> import torch, graphvision as gv
        >>> q, k, v = torch.rand(3, 2, 4, 5, 8).unbind()
        >>> fast, slow = (gv.nn.attention(q, k, v, lower=lower) for lower in (True, False))
        >>> torch.allclose(fast, slow, atol=1e-6)
        True

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, equation 1; the oracle is torch's
        ``scaled_dot_product_attention`` (``test_matches_oracle``).
    """
    if lower and backend == "auto":
        return F.scaled_dot_product_attention(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
    if enable_gqa:
        served = query.shape[-3] // key.shape[-3]
        key, value = (t.repeat_interleave(served, -3) for t in (key, value))
    mask = _checked_mask(attn_mask, is_causal)
    if is_causal:
        pairs = (query.shape[-2], key.shape[-2])
        mask = torch.ones(pairs, dtype=torch.bool, device=query.device).tril()
    scale = 1 / sqrt(max(1, query.shape[-1])) if scale is None else scale
    form = _Form(scale, dropout_p, lower, backend)
    return _by_messages((query, key, value), mask, form)


def attention_and_shares(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, *,
    dropout_p: float, lower: bool, backend: str,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Attention as :func:`attention`, and the share α of every edge.

    Args:
        query: ``[b, heads, targets, width]``.
        key: ``[b, heads, sources, width]``.
        value: ``[b, heads, sources, c]``.
        bias: added to the logits; broadcasts to ``[b, heads, targets, sources]``.
        dropout_p: probability that an edge falls silent.
        lower: False for messages along explicit edges.
        backend: as in :class:`MessagePassing`.

    Returns:
        ``[b, heads, targets, c]`` and ``[b, heads, targets, sources]``, silent edges at 0; both
        NaN where a token may attend to none, as in torch's layer.
    """
    if lower and backend == "auto":
        return _by_products(query, key, value, bias, dropout_p)
    sources = key.shape[-2]
    # The share of an edge is what its target receives of a value that only its sender has.
    own = torch.eye(sources, dtype=value.dtype, device=value.device)
    marked = torch.cat([value, own.expand(*value.shape[:-2], sources, sources)], -1)
    form = _Form(1 / sqrt(max(1, query.shape[-1])), dropout_p, lower, backend)
    received = _by_messages((query, key, marked), bias, form)
    if bias is not None:
        nobody = bias.isneginf().all(-1, keepdim=True)
        received = received.masked_fill(nobody, float("nan"))
    out, shares = received.split([value.shape[-1], sources], -1)
    return out, shares


def _by_products(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, dropout_p: float
) -> tuple[Tensor, Tensor]:
    heads = query.shape[:2]
    query, key, value = (t.flatten(0, 1) for t in (query, key, value))
    query, key = query * sqrt(1.0 / query.shape[-1]), key.transpose(1, 2)
    if bias is None:
        logits = torch.bmm(query, key)
    else:
        pairs = bias.expand(*heads, query.shape[1], key.shape[2]).flatten(0, 1)
        logits = torch.baddbmm(pairs, query, key)
    shares = F.dropout(torch.softmax(logits, -1), dropout_p)
    return torch.bmm(shares, value).unflatten(0, heads), shares.unflatten(0, heads)


def _checked_mask(mask: Tensor | None, is_causal: bool) -> Tensor | None:
    if mask is not None and is_causal:
        raise ValueError("`attn_mask` must be None where `is_causal` is True, got a tensor")
    if mask is not None and not (mask.dtype == torch.bool or mask.is_floating_point()):
        raise ValueError(f"`attn_mask` must be bool or floating, got {str(mask.dtype)[6:]}")
    return mask


def _by_messages(tokens: tuple[Tensor, Tensor, Tensor], mask: Tensor | None, form: _Form) -> Tensor:
    query, key, value = tokens
    channels = value.shape[-1]
    common = max(query.shape[-1], channels)  # channels of 0 change no product, and give 0
    heads = torch.broadcast_shapes(*(t.shape[:-2] for t in tokens))
    rows = [
        F.pad(t, (0, common - t.shape[-1])).expand(*heads, -1, -1).reshape(-1, common)
        for t in tokens
    ]
    pairs = (prod(heads), query.shape[-2], key.shape[-2])
    topology, bias = _edges(None if mask is None else mask.expand(*heads, *pairs[1:]), pairs, query)
    out: Tensor = _layer(common, form)((torch.cat(rows[1:], 1), rows[0]), topology, bias)
    return out[:, :channels].reshape(*heads, pairs[1], channels)


@lru_cache(maxsize=64)
def _layer(channels: int, form: _Form) -> MessagePassing:
    psi = ScaledDotProduct(channels, scale=form.scale, dropout=form.dropout)
    return MessagePassing(psi, "sum", lower=form.lower, backend=form.backend)


def _edges(
    mask: Tensor | None, pairs: tuple[int, int, int], query: Tensor
) -> tuple[Topology, Tensor | None]:
    """The edges that a mask leaves, and what it adds to their logits."""
    if mask is None:
        return complete_topology(*pairs, query.device), None
    batch, targets, sources = pairs
    mask = mask.reshape(pairs)
    allowed = mask if mask.dtype == torch.bool else ~mask.isneginf()
    block, target, source = allowed.nonzero().unbind(1)
    row, col = block * targets + target, block * sources + source
    csr = Csr.from_sorted(row, col, batch * targets, batch * sources)
    topology = Topology(batch * sources, batch * targets, lambda: Edges(csr))
    return topology, None if mask.dtype == torch.bool else mask[allowed].to(query.dtype)
