"""⊕ by name or object: which of PyG's aggregations have a kernel of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Optional

import torch_geometric.nn.aggr as pyg_aggr
from torch import Tensor
from torch_geometric.nn.aggr import Aggregation
from torch_geometric.typing import OptTensor

from graphvision.graphs.topology import Topology
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
    """The names of simple aggregations, several of them concatenated; None for all others.

    Raises:
        ValueError: there is no aggregation.
    """
    if aggr is None:
        raise ValueError("`aggr` must be a PyG aggregation by name or object, or several, got None")
    parts = [aggr] if isinstance(aggr, (str, Aggregation)) else list(aggr)
    found = [_name(part) for part in parts]
    return None if None in found else tuple(name for name in found if name)


def _name(part: str | Aggregation) -> str | None:
    if isinstance(part, str):
        return _ALIASES.get(part.lower(), part.lower())
    if getattr(part, "semi_grad", False):  # its gradient is not that of the formula
        return None
    return _KNOWN.get(type(part))


_TIES: ContextVar[str] = ContextVar("ties", default="even")


@contextmanager
def on_topology(topology: Topology) -> Iterator[None]:
    """Within, extremes treat ties as the topology wants: on windows the first tap wins."""
    token = _TIES.set(ties(topology))
    try:
        yield
    finally:
        _TIES.reset(token)


def ties(topology: Topology) -> str:
    """Who gets the gradient of equal messages: the first tap of a window, else all alike."""
    return "even" if topology.raster is None else "first"


def fill_empty(out: Tensor, topology: Topology, name: str) -> Tensor:
    """Torch's pooling gives ∓infinity to a window without a pixel; elsewhere no message gives 0."""
    if name not in ("max", "min") or topology.empty_windows is None:
        return out
    empty = topology.empty_windows
    return out.masked_fill(empty.unsqueeze(1), float("-inf" if name == "max" else "inf"))


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
            raise ValueError(
                "`index` and `dim_size` must be given with a matrix `x`, "
                f"got {type(index).__name__}, {dim_size} and {tuple(x.shape)}"
            )
        csr = Csr.from_groups(index, dim_size)
        return gather_reduce(x, csr, reduce=self.reduction, ties=_TIES.get(), backend="reference")


def for_pyg(aggr: Aggr) -> Any:
    """``aggr`` as PyG takes it, with our own maximum and minimum."""
    if not isinstance(aggr, (str, Aggregation)):
        return [for_pyg(part) for part in aggr]
    name = _name(aggr)
    return ExtremeAggregation(name) if name in ("max", "min") else aggr
