"""Scale by every basis function and sum, in plain torch: the meaning of the ops."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import TORCH, Rows


def basis_gather(x: Tensor, csr: Csr, basis: Tensor, *, rows: Rows = TORCH) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_gather`; materialises ``[e, k·c]``."""
    messages = torch.einsum("ek,ec->ekc", basis, rows.take(x, csr)).flatten(1)
    return rows.total(messages, csr)


def basis_conv(x: Tensor, csr: Csr, basis: Tensor, kernel: Tensor, *, rows: Rows = TORCH) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_conv`; materialises ``[e, k·c]``."""
    return basis_gather(x, csr, basis, rows=rows) @ kernel.flatten(0, 1)


def tap_conv(
    x: Tensor,
    csr: Csr,
    kernel: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    *,
    rows: Rows = TORCH,
) -> Tensor:
    """See :func:`graphvision.kernels.basis.tap_conv`; materialises ``[e, c]`` and ``[m, k·c]``."""
    messages = rows.take(x, csr)
    if weight is not None:
        messages = messages * weight.unsqueeze(1)
    columns = kernel.shape[0] * kernel.shape[1]
    sums = rows.total(messages, csr).reshape(csr.num_targets // kernel.shape[0], columns)
    out = sums @ kernel.flatten(0, 1)
    return out if bias is None else out + bias
