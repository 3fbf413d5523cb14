"""Fused attention: what a node receives from those it attends to, without storing the messages."""

import math

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels._shapes import check_edge, check_matrix
from graphvision.kernels.attention import _ops, _reference
from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import form

__all__ = ["dot_attention", "gat_attention"]


def gat_attention(
    target: Float[Tensor, "m c"],
    source: Float[Tensor, "n c"],
    vector: Float[Tensor, "heads width"],
    csr: Csr,
    *,
    edge: Float[Tensor, "e d"] | None = None,
    edge_weight: Float[Tensor, "c_out d"] | None = None,
    slope: float = 0.2,
    backend: str = "auto",
) -> Float[Tensor, "m c"]:
    """Sum sources by shares from an additive score.

    ``out_i = Σ_e α_e s_j`` with ``α = softmax_row(aᵀ LeakyReLU(t_i + s_j + W e_ji))`` per head;
    head h reads the h-th of equal parts of the channels.

    Args:
        target: t, the targets' terms.
        source: s, the sources' terms and values; ``csr.num_sources`` is n.
        vector: a, one row per head; c = heads · width.
        csr: the edges by target.
        edge: features of the edges in the order of ``csr``; None for none.
        edge_weight: W, with one row per channel as in ``torch.nn.Linear``; goes with ``edge``.
        slope: of the LeakyReLU below 0.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target; 0 where a target has no edge. The same bits for any thread count,
        forward and backward. Between the two, one number per edge and head is kept.

    Raises:
        ValueError: shapes that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> source = torch.tensor([[1.0], [3.0]])
        >>> gat_attention(torch.zeros(1, 1), source, torch.zeros(1, 1), csr)
        tensor([[2.]])

    Source:
        Brody, Alon, Yahav, How attentive are graph attention networks?, ICLR 2022, equation 7; the
        oracle is PyG's ``GATv2Conv`` (``test_gat_matches_oracle``).
    """
    channels = vector.numel()
    check_matrix("target", target, csr.num_targets, channels)
    check_matrix("source", source, csr.num_sources, channels)
    check_edge(edge, edge_weight, csr, channels)
    run = form(
        chosen("gat_attention", backend, source), _reference.gat_attention, _ops.gat_attention
    )
    return run(target, source, vector, csr, edge, edge_weight, slope)


def dot_attention(
    query: Float[Tensor, "m c"],
    key: Float[Tensor, "n c"],
    value: Float[Tensor, "n c"],
    csr: Csr,
    *,
    heads: int = 1,
    edge: Float[Tensor, "e d"] | None = None,
    edge_weight: Float[Tensor, "c_out d"] | None = None,
    scale: float | None = None,
    backend: str = "auto",
) -> Float[Tensor, "m c"]:
    """Sum values by shares from scaled dot products.

    ``out_i = Σ_e α_e (v_j + W e_ji)`` with ``α = softmax_row(q_i · (k_j + W e_ji) · scale)`` per
    head; head h reads the h-th of equal parts of the channels.

    Args:
        query: q, of the targets.
        key: k, of the sources; ``csr.num_sources`` is n.
        value: v, of the sources.
        csr: the edges by target.
        heads: independent attentions; divides c.
        edge: features of the edges in the order of ``csr``; None for none.
        edge_weight: W, with one row per channel as in ``torch.nn.Linear``; goes with ``edge``.
        scale: factor of the products; ``1 / √(c / heads)`` by default.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target; 0 where a target has no edge. The same bits for any thread count,
        forward and backward. Between the two, one number per edge and head is kept.

    Raises:
        ValueError: shapes that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> value = torch.tensor([[1.0], [3.0]])
        >>> dot_attention(torch.zeros(1, 1), value, value, csr)
        tensor([[2.]])

    Source:
        Shi et al., Masked label prediction, IJCAI 2021, equations 3-4; the oracle is PyG's
        ``TransformerConv`` (``test_dot_matches_oracle``).
    """
    channels = query.shape[1]
    if heads < 1 or channels % heads:
        raise ValueError(f"`heads` must divide the {channels} channels, got {heads}")
    check_matrix("query", query, csr.num_targets, channels)
    check_matrix("key", key, csr.num_sources, channels)
    check_matrix("value", value, csr.num_sources, channels)
    check_edge(edge, edge_weight, csr, channels)
    scale = 1 / math.sqrt(max(1, channels // heads)) if scale is None else scale
    run = form(
        chosen("dot_attention", backend, value), _reference.dot_attention, _ops.dot_attention
    )
    return run(query, key, value, csr, edge, edge_weight, heads, scale)
