"""Softmax over the in-edges of every target."""

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import form
from graphvision.kernels.softmax import _ops, _reference

__all__ = ["segment_softmax"]


def segment_softmax(
    logits: Float[Tensor, "e heads"], csr: Csr, *, backend: str = "auto"
) -> Float[Tensor, "e heads"]:
    """Share of every edge in its target: ``α_e = exp(l_e) / Σ_{e' of the same row} exp(l_e')``.

    Args:
        logits: one number per edge and head, in the order of ``csr``.
        csr: the edges by target.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        Shares that sum to 1 in every row and head. A logit of -infinity gives 0; a row of nothing
        else, of NaN or of infinity gives NaN, as ``torch.softmax`` does. The same bits for any
        thread count, forward and backward.

    Raises:
        ValueError: ``logits`` doesn't have one row per edge.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2, 3]), torch.tensor([0, 1, 0]), num_sources=2)
        >>> segment_softmax(torch.tensor([[0.0], [0.0], [5.0]]), csr).flatten().tolist()
        [0.5, 0.5, 1.0]

    Source:
        The oracle is ``torch_geometric.utils.softmax`` (``test_matches_oracle``), whose 1e-16 in
        the divisor is below the precision of both dtypes.
    """
    if logits.ndim != 2 or logits.shape[0] != csr.col.shape[0]:
        raise ValueError(
            f"`logits` must have shape ({csr.col.shape[0]}, heads), got {tuple(logits.shape)}"
        )
    run = form(
        chosen("segment_softmax", backend, logits), _reference.segment_softmax, _ops.segment_softmax
    )
    return run(logits, csr)
