"""Softmax over rows of edges, in plain torch: the meaning of the op."""

from torch import Tensor

from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import TORCH, Rows


def segment_softmax(logits: Tensor, csr: Csr, *, rows: Rows = TORCH) -> Tensor:
    """See :func:`graphvision.kernels.softmax.segment_softmax`."""
    top = rows.extreme(logits.detach(), csr, "max", "even")
    weight = (logits - rows.spread(top, csr)).exp()
    return weight / rows.spread(rows.total(weight, csr), csr)
