"""Two-layer messages in plain torch: the meaning of the ops."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr, gather_reduce

ACTIVATIONS = ("relu", "leaky_relu", "gelu", "silu", "tanh")


def _hidden(
    target: Tensor, source: Tensor, csr: Csr, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float,
) -> Tensor:  # fmt: skip
    z = target.index_select(0, csr.row) + source.index_select(0, csr.col.long())
    if edge is not None and edge_weight is not None:
        z = z + edge @ edge_weight.T
    if activation == "leaky_relu":
        return torch.nn.functional.leaky_relu(z, slope)
    function = torch.tanh if activation == "tanh" else getattr(torch.nn.functional, activation)
    out: Tensor = function(z)
    return out


def mlp_sum(
    target: Tensor, source: Tensor, csr: Csr, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_sum`; materialises ``[e, h]``."""
    hidden = _hidden(target, source, csr, edge, edge_weight, activation, slope)
    return hidden.new_zeros(csr.num_targets, hidden.shape[1]).index_add(0, csr.row, hidden)


def mlp_extreme(
    target: Tensor, source: Tensor, weight: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, activation: str, slope: float, reduce: str, ties: str,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_extreme`; materialises ``[e, h + c]``."""
    hidden = _hidden(target, source, csr, edge, edge_weight, activation, slope)
    every = torch.arange(len(hidden), device=hidden.device)
    own = Csr(csr.rowptr, every, num_sources=len(hidden))
    return gather_reduce(hidden @ weight.T, own, reduce=reduce, ties=ties, backend="reference")
