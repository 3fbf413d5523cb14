"""Two-layer messages in plain torch: the meaning of the ops."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import TORCH, Rows

ACTIVATIONS = ("relu", "leaky_relu", "gelu", "silu", "tanh")


def _hidden(
    target: Tensor, source: Tensor, csr: Csr, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float, *, rows: Rows = TORCH,
) -> Tensor:  # fmt: skip
    z = rows.spread(target, csr) + rows.take(source, csr)
    if edge is not None and edge_weight is not None:
        z = z + edge @ edge_weight.T
    if activation == "leaky_relu":
        return torch.nn.functional.leaky_relu(z, slope)
    function = torch.tanh if activation == "tanh" else getattr(torch.nn.functional, activation)
    out: Tensor = function(z)
    return out


def mlp_sum(
    target: Tensor, source: Tensor, csr: Csr, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float, *, rows: Rows = TORCH,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_sum`; materialises ``[e, h]``."""
    hidden = _hidden(target, source, csr, edge, edge_weight, activation, slope, rows=rows)
    return rows.total(hidden, csr)


def mlp_extreme(
    target: Tensor, source: Tensor, weight: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, activation: str, slope: float, reduce: str, ties: str, *,
    rows: Rows = TORCH,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_extreme`; materialises ``[e, h + c]``."""
    hidden = _hidden(target, source, csr, edge, edge_weight, activation, slope, rows=rows)
    return rows.extreme(hidden @ weight.T, csr, reduce, ties)
