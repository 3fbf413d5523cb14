"""The four steps that every op on the edges of a graph is made of, and who makes them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from graphvision.kernels.gather._csr import Csr


@dataclass(frozen=True)
class Rows:
    """Between nodes ``[n, c]``, edges ``[e, c]`` and targets ``[m, c]``; all are differentiable.

    Attributes:
        take: ``take(x, csr)`` gives every edge the features of its source.
        spread: ``spread(values, csr)`` gives every edge the values of its target.
        total: ``total(messages, csr)`` sums the edges of every target; 0 where there is none.
        extreme: ``extreme(messages, csr, reduce, ties)`` is their ``"max"`` or ``"min"``, NaN where
            one of them is; 0 where there is none.
    """

    take: Callable[[Tensor, Csr], Tensor]
    spread: Callable[[Tensor, Csr], Tensor]
    total: Callable[[Tensor, Csr], Tensor]
    extreme: Callable[[Tensor, Csr, str, str], Tensor]


def form(
    backend: str, plain: Callable[..., Tensor], fast: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """What runs for the name that ``chosen`` gave.

    Args:
        backend: a name in the op's row of the dispatch table.
        plain: the op's formula, which takes its steps as ``rows=``.
        fast: what calls the registered ops.
    """
    if backend == "reference":
        return plain
    if backend == "torch_scatter":
        from graphvision.kernels.gather._torch_scatter import ROWS

        return partial(plain, rows=ROWS)
    return fast


def _take(x: Tensor, csr: Csr) -> Tensor:
    return x.index_select(0, csr.col.long())


def _spread(values: Tensor, csr: Csr) -> Tensor:
    return values.index_select(0, csr.row)


def _total(messages: Tensor, csr: Csr) -> Tensor:
    out = messages.new_zeros(csr.num_targets, messages.shape[1])
    return out.index_add(0, csr.row, messages)


def _extreme(messages: Tensor, csr: Csr, reduce: str, ties: str) -> Tensor:
    index = csr.row.unsqueeze(1).expand_as(messages)
    # From zeros, torch counts the ignored start value as a tie wherever the extreme is exactly 0.
    start = float("-inf") if reduce == "max" else float("inf")
    out = messages.new_full((csr.num_targets, messages.shape[1]), start)
    out = out.scatter_reduce(0, index, messages, "a" + reduce, include_self=True)
    out = out.masked_fill((csr.degree == 0).unsqueeze(1), 0.0)
    if ties == "even":
        return out
    edge = torch.arange(len(messages), device=messages.device).unsqueeze(1).expand_as(messages)
    wins = (messages.detach() == out.detach().index_select(0, csr.row)) | messages.isnan()
    edge = edge.masked_fill(~wins, len(messages))
    first = torch.full(out.shape, len(messages), device=out.device)
    first = first.scatter_reduce(0, index, edge, "amin", include_self=True)
    padded = torch.cat([messages, messages.new_zeros(1, messages.shape[1])])
    return padded.gather(0, first)


TORCH = Rows(_take, _spread, _total, _extreme)
