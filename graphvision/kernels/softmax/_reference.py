"""Softmax over rows of edges, in plain torch: the meaning of the op."""

from torch import Tensor

from graphvision.kernels.gather import Csr


def segment_softmax(logits: Tensor, csr: Csr) -> Tensor:
    """See :func:`graphvision.kernels.softmax.segment_softmax`."""
    shape = (csr.num_targets, logits.shape[1])
    index = csr.row.unsqueeze(1).expand_as(logits)
    top = logits.detach().new_full(shape, float("-inf"))
    top = top.scatter_reduce(0, index, logits.detach(), "amax", include_self=True)
    weight = (logits - top.index_select(0, csr.row)).exp()
    total = weight.new_zeros(shape).index_add(0, csr.row, weight)
    return weight / total.index_select(0, csr.row)
