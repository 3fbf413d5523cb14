"""Messages of a two-layer network, reduced without storing them.

The first layer of ``W₂ act(W₁ [n_i, n_j, e_ji])`` is a sum of a term of the target, a term of the
source (both one matrix product over the nodes) and ``W e_ji``. A sum exchanges with the last layer;
a maximum doesn't.
"""

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels._shapes import check_edge, check_matrix
from graphvision.kernels.edge_mlp import _ops, _reference
from graphvision.kernels.edge_mlp._reference import ACTIVATIONS
from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import form

__all__ = ["ACTIVATIONS", "mlp_extreme", "mlp_sum"]


def mlp_sum(
    target: Float[Tensor, "m h"],
    source: Float[Tensor, "n h"],
    csr: Csr,
    *,
    edge: Float[Tensor, "e d"] | None = None,
    edge_weight: Float[Tensor, "h_out d"] | None = None,
    activation: str = "relu",
    slope: float = 0.01,
    backend: str = "auto",
) -> Float[Tensor, "m h"]:
    """Sum activations over the in-edges: ``out_i = Σ_{e: j→i} act(t_i + s_j + W e_ji)``.

    Args:
        target: t, the targets' terms.
        source: s, the sources' terms; ``csr.num_sources`` is n.
        csr: the edges by target.
        edge: features of the edges in the order of ``csr``; None for none.
        edge_weight: W, with one row per channel as in ``torch.nn.Linear``; goes with ``edge``.
        activation: one of ``ACTIVATIONS``; ``"gelu"`` is the exact one.
        slope: of ``"leaky_relu"`` below 0.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target; 0 where a target has no edge. The same bits for any thread count,
        forward and backward. Nothing per edge is kept between the two.

    Raises:
        ValueError: shapes or an activation that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> mlp_sum(torch.tensor([[1.0]]), torch.tensor([[2.0], [-3.0]]), csr)
        tensor([[3.]])

    Source:
        Zhang et al., Understanding GNN computational graph, MLSys 2022 (arXiv 2110.09524), section
        4; the oracle is PyG's ``EdgeConv`` (``test_matches_oracle``).
    """
    _check(target, source, csr, edge, edge_weight, activation)
    run = form(chosen("edge_mlp", backend, source), _reference.mlp_sum, _ops.mlp_sum)
    return run(target, source, csr, edge, edge_weight, activation, slope)


def mlp_extreme(
    target: Float[Tensor, "m h"],
    source: Float[Tensor, "n h"],
    weight: Float[Tensor, "c h_in"],
    csr: Csr,
    *,
    edge: Float[Tensor, "e d"] | None = None,
    edge_weight: Float[Tensor, "h_out d"] | None = None,
    activation: str = "relu",
    slope: float = 0.01,
    reduce: str = "max",
    ties: str = "even",
    backend: str = "auto",
) -> Float[Tensor, "m c"]:
    """The extreme over the in-edges of ``W₂ act(t_i + s_j + W e_ji)``, channel by channel.

    Args:
        target: t, the targets' terms.
        source: s, the sources' terms; ``csr.num_sources`` is n.
        weight: W₂, with one row per channel as in ``torch.nn.Linear``.
        csr: the edges by target.
        edge: features of the edges in the order of ``csr``; None for none.
        edge_weight: W, with one row per hidden channel; goes with ``edge``.
        activation: one of ``ACTIVATIONS``.
        slope: of ``"leaky_relu"`` below 0.
        reduce: ``"max"`` or ``"min"``.
        ties: gradient of equal extremes: shared ``"even"`` or all to the ``"first"`` edge.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target; 0 where a target has no edge. The same bits for any thread count,
        forward and backward. One bit per message is kept between the two; messages exist a tile
        per thread at a time.

    Raises:
        ValueError: shapes or names that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> term = torch.tensor([[2.0], [-3.0]])
        >>> mlp_extreme(torch.tensor([[1.0]]), term, torch.tensor([[2.0], [1.0]]), csr)
        tensor([[6., 3.]])

    Source:
        Wang et al., Dynamic graph CNN, TOG 2019, equation 8; the oracle is PyG's ``EdgeConv``
        (``test_matches_oracle``).
    """
    _check(target, source, csr, edge, edge_weight, activation)
    if weight.ndim != 2 or weight.shape[1] != source.shape[1]:
        want = f"(c, {source.shape[1]})"
        raise ValueError(f"`weight` must have shape {want}, got {tuple(weight.shape)}")
    if reduce not in ("max", "min"):
        raise ValueError(f"`reduce` must be 'max' or 'min', got {reduce!r}")
    if ties not in ("even", "first"):
        raise ValueError(f"`ties` must be 'even' or 'first', got {ties!r}")
    run = form(chosen("edge_mlp", backend, source), _reference.mlp_extreme, _ops.mlp_extreme)
    return run(
        target, source, weight, csr, edge, edge_weight, activation, slope, reduce, ties
    )  # fmt: skip


def _check(
    target: Tensor, source: Tensor, csr: Csr, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str,
) -> None:  # fmt: skip
    if activation not in ACTIVATIONS:
        raise ValueError(f"`activation` must be one of {list(ACTIVATIONS)}, got {activation!r}")
    hidden = source.shape[-1]
    check_matrix("target", target, csr.num_targets, hidden)
    check_matrix("source", source, csr.num_sources, hidden)
    check_edge(edge, edge_weight, csr, hidden)
