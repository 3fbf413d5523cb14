"""Fused gather-reduce: what a node receives from its neighbours, without storing the messages."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels.gather import _ops, _reference
from graphvision.kernels.gather._csr import Csr
from graphvision.kernels.gather._rows import form

REDUCTIONS = ("sum", "mean", "max", "min", "std")

__all__ = ["REDUCTIONS", "Csr", "gather_reduce"]


def gather_reduce(
    x: Float[Tensor, "n c"],
    csr: Csr,
    weight: Float[Tensor, "e heads"] | Float[Tensor, " e"] | None = None,
    *,
    reduce: str | Sequence[str] = "sum",
    ties: str = "even",
    backend: str = "auto",
) -> Float[Tensor, "m rc"]:
    """Reduce over the in-edges of every target: ``out_i = ⊕_{e: j→i} w_e · x_j``.

    Several reductions in one call read the neighbours once and give their channels one after the
    other.

    Args:
        x: source features.
        csr: the edges by target; ``csr.num_sources`` is n.
        weight: a factor per edge, or per edge and head (head h scales the h-th of equal parts of
            the channels); only with ``"sum"`` and ``"mean"``.
        reduce: ``"sum"``, ``"mean"`` (over the edges, not the weights), ``"max"``, ``"min"`` or
            ``"std"`` (of the population; 0 where the variance is at most 1e-5, as in PyG), or
            several of them.
        ties: gradient of equal extremes: shared ``"even"`` (torch's ``amax``) or all to the
            ``"first"`` edge of the row (torch's ``max_pool``).
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target, all channels of the first reduction, then of the second, …; 0 where a
        target has no edge. The same bits for any thread count, forward and backward.

    Raises:
        ValueError: shapes, ``reduce`` or ``ties`` that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> gather_reduce(torch.tensor([[1.0], [3.0]]), csr, reduce="mean")
        tensor([[2.],
                [0.]])
        >>> gather_reduce(torch.tensor([[1.0], [3.0]]), csr, reduce=("sum", "max"))
        tensor([[4., 3.],
                [0., 0.]])

    Source:
        The oracle is ``torch_geometric.utils.scatter`` (``test_matches_oracle``).
    """
    names = (reduce,) if isinstance(reduce, str) else tuple(reduce)
    if not names or not set(names) <= set(REDUCTIONS):
        raise ValueError(f"`reduce` must be one of {list(REDUCTIONS)}, got {reduce!r}")
    if ties not in ("even", "first"):
        raise ValueError(f"`ties` must be 'even' or 'first', got {ties!r}")
    if x.shape[0] != csr.num_sources:
        raise ValueError(f"`x` must have {csr.num_sources} rows, one per source, got {len(x)}")
    if weight is not None:
        weight = _checked_weight(weight, csr, x.shape[1], names).to(x.dtype)
    run = form(chosen("gather_reduce", backend, x), _reference.gather_reduce, _ops.gather_reduce)
    return run(x, csr, weight, reduce=names, ties=ties)


def _checked_weight(weight: Tensor, csr: Csr, channels: int, names: tuple[str, ...]) -> Tensor:
    if not set(names) <= {"sum", "mean"}:
        got = repr(names[0]) if len(names) == 1 else names
        raise ValueError(f"`weight` goes with reduce='sum' or 'mean', got reduce={got}")
    weight = weight.unsqueeze(1) if weight.ndim == 1 else weight
    edges, heads = csr.col.shape[0], weight.shape[1]
    if weight.shape[0] != edges or heads == 0 or channels % heads:
        raise ValueError(
            f"`weight` must have shape ({edges},) or ({edges}, heads) with heads "
            f"dividing {channels}, got {tuple(weight.shape)}"
        )
    return weight
