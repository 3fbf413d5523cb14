"""⊕ by name or object: which of PyG's aggregations have a kernel of their own."""

from typing import Any

import torch_geometric.nn.aggr as pyg_aggr
from torch import Tensor
from torch_geometric.nn.aggr import Aggregation

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


def first_extreme(messages: Tensor, index: Tensor, num_targets: int, reduce: str) -> Tensor:
    """The maximum or minimum whose gradient goes to the first of equal messages, as in pooling."""
    order = index.argsort(stable=True)
    csr = Csr.from_sorted(index[order], order, num_targets, len(messages))
    return gather_reduce(messages, csr, reduce=reduce, ties="first", backend="reference")
