"""⊕ by name or object: which of PyG's aggregations have a kernel of their own."""

from typing import Any, Optional

import torch_geometric.nn.aggr as pyg_aggr
from torch import Tensor
from torch_geometric.nn.aggr import Aggregation
from torch_geometric.typing import OptTensor

from graphvision.kernels.gather import Csr, gather_reduce

Aggr = str | Any  # a PyG aggregation by name or object, or a sequence of them

_KNOWN: dict[type, str] = {
    pyg_aggr.SumAggregation: "sum",
    pyg_aggr.MeanAggregation: "mean",
    pyg_aggr.MaxAggregation: "max",
    pyg_aggr.MinAggregation: "min",
    pyg_aggr.StdAggregation: "std",
}
_ALIASES = {"add": "sum"}


def names(aggr: Aggr) -> tuple[str, ...] | None:
    """The names of simple aggregations, several of them concatenated; None for all others."""
    parts = [aggr] if isinstance(aggr, (str, Aggregation)) else list(aggr)
    found: list[str] = []
    for part in parts:
        name = part if isinstance(part, str) else _KNOWN.get(type(part))
        if name is None:
            return None
        found.append(_ALIASES.get(name.lower(), name.lower()))
    return tuple(found)


def extreme(messages: Tensor, index: Tensor, num_targets: int, *, reduce: str, ties: str) -> Tensor:
    """The maximum or minimum, with the gradient of equal messages shared or to the first."""
    order = index.argsort(stable=True)
    csr = Csr.from_sorted(index[order], order, num_targets, len(messages))
    return gather_reduce(messages, csr, reduce=reduce, ties=ties, backend="reference")


class ExtremeAggregation(Aggregation):  # type: ignore[misc]
    """PyG's max or min aggregation with the gradient shared by the equal messages alone.

    Torch's ``amax`` from zeros counts its start value as one more equal message wherever the
    result is exactly 0, which after a ReLU is common.

    Args:
        reduce: ``"max"`` or ``"min"``.
    """

    def __init__(self, reduce: str) -> None:
        super().__init__()
        self.reduction = reduce

    def forward(
        self,
        x: Tensor,
        index: OptTensor = None,
        ptr: OptTensor = None,
        dim_size: Optional[int] = None,  # noqa: UP045 - PyG reads signatures
        dim: int = -2,
    ) -> Tensor:
        """The extreme of the rows that share an index; 0 where there is none."""
        if index is None or dim_size is None or x.ndim != 2:
            raise ValueError("`index` and `dim_size` must be given with a matrix `x`")
        return extreme(x, index, dim_size, reduce=self.reduction, ties="even")


def for_pyg(aggr: Aggr) -> Any:
    """``aggr`` as PyG takes it, with our own maximum and minimum."""
    if isinstance(aggr, Aggregation):
        return aggr
    if isinstance(aggr, str):
        return ExtremeAggregation(aggr.lower()) if aggr.lower() in ("max", "min") else aggr
    return [for_pyg(part) for part in aggr]
