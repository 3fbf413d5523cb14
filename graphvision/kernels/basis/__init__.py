"""Gather with several factors per edge: what a kernel of basis functions needs before its GEMM."""

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.basis import _reference
from graphvision.kernels.gather import Csr

__all__ = ["basis_gather"]


def basis_gather(
    x: Float[Tensor, "n c"],
    csr: Csr,
    basis: Float[Tensor, "e k"],
    *,
    backend: str = "auto",
) -> Float[Tensor, "m kc"]:
    """Sum the sources once per basis function: ``out_i,k = Σ_{e: j→i} b_k(e) · x_j``.

    ``Σ_j Σ_k b_k(e_ji) W_k n_j = Σ_k W_k out_i,k``: one matrix product on the result gives every
    layer whose kernel is a combination of K matrices, without a buffer of messages.

    Args:
        x: source features.
        csr: the edges by target; ``csr.num_sources`` is n.
        basis: the value of every basis function on every edge; zeros cost nothing.
        backend: ``"auto"``, ``"reference"`` or ``"numba"``.

    Returns:
        One row per target, all channels of function 0, then of function 1, …; 0 where a target has
        no edge. The same bits for any thread count, forward and backward.

    Raises:
        ValueError: shapes that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> basis = torch.tensor([[1.0, 0.0], [0.5, 2.0]])
        >>> basis_gather(torch.tensor([[10.0], [20.0]]), csr, basis)
        tensor([[20., 40.]])

    Source:
        Fey et al., SplineCNN, CVPR 2018, equation 3, with the sums exchanged; the oracle is a
        float64 loop (``test_matches_oracle``).
    """
    if len(x) != csr.num_sources:
        raise ValueError(f"`x` must have {csr.num_sources} rows, one per source, got {len(x)}")
    if len(basis) != len(csr.col):
        raise ValueError(f"`basis` must have {len(csr.col)} rows, one per edge, got {len(basis)}")
    impl = fast("basis_gather", backend, x) or _reference.basis_gather
    out: Tensor = impl(x, csr, basis.to(x.dtype))
    return out
