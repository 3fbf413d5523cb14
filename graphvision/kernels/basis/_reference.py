"""Scale by every basis function and sum, in plain torch: the meaning of the ops."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr, gather_reduce


def basis_gather(x: Tensor, csr: Csr, basis: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_gather`; materialises ``[e, k·c]``."""
    messages = torch.einsum("ek,ec->ekc", basis, x.index_select(0, csr.col.long())).flatten(1)
    out = messages.new_zeros(csr.num_targets, messages.shape[1])
    return out.index_add(0, csr.row, messages)


def basis_conv(x: Tensor, csr: Csr, basis: Tensor, kernel: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_conv`; materialises ``[e, k·c]``."""
    return basis_gather(x, csr, basis) @ kernel.flatten(0, 1)


def tap_conv(
    x: Tensor, csr: Csr, kernel: Tensor, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """See :func:`graphvision.kernels.basis.tap_conv`; materialises ``[e, c]`` and ``[m, k·c]``."""
    rows = gather_reduce(x, csr, weight, backend="reference")
    columns = kernel.shape[0] * kernel.shape[1]
    rows = rows.reshape(csr.num_targets // kernel.shape[0], columns)
    out = rows @ kernel.flatten(0, 1)
    return out if bias is None else out + bias
