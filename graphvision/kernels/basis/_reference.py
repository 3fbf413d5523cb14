"""Scale by every basis function and sum, in plain torch: the meaning of the op."""

import torch
from torch import Tensor

from graphvision.kernels.gather import Csr


def basis_gather(x: Tensor, csr: Csr, basis: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_gather`; materialises ``[e, k·c]``."""
    messages = torch.einsum("ek,ec->ekc", basis, x.index_select(0, csr.col.long())).flatten(1)
    out = messages.new_zeros(csr.num_targets, messages.shape[1])
    return out.index_add(0, csr.row, messages)
