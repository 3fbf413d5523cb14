"""The steps of an op on edges by torch_scatter, whose sums and extremes run over sorted rows.

Its own gradients stay unused: those of ``gather`` are atomic sums, and an extreme's goes to one of
the edges that tie. Here both directions run over sorted rows, and ties share as in the reference.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._register import register
from graphvision.kernels.gather._csr import Csr
from graphvision.kernels.gather._rows import TORCH, Rows

_HERE = "graphvision.kernels.gather._torch_scatter:"

REDUCE_ROWS = register(
    "torch_scatter_reduce_rows(Tensor messages, Tensor rowptr, str reduce) -> Tensor",
    lambda messages, rowptr, _: messages.new_empty(rowptr.shape[0] - 1, messages.shape[1]),
    CPU=_HERE + "reduce_rows",
    CUDA=_HERE + "reduce_rows",
)
SPREAD_ROWS = register(
    "torch_scatter_spread_rows(Tensor values, Tensor rowptr, Tensor col) -> Tensor",
    lambda values, _, col: values.new_empty(col.shape[0], values.shape[1]),
    CPU=_HERE + "spread_rows",
    CUDA=_HERE + "spread_rows",
)


def reduce_rows(messages: Tensor, rowptr: Tensor, reduce: str) -> Tensor:
    """``"sum"``, ``"max"`` or ``"min"`` of the messages of every row; 0 where there is none."""
    from torch_scatter import segment_csr

    if reduce != "sum" and messages.is_floating_point() and not _finite(messages):
        # torch_scatter passes over NaN, and starts from the largest finite number
        csr = Csr(rowptr, torch.arange(len(messages), device=rowptr.device), len(messages))
        return TORCH.extreme(messages, csr, reduce, "even")
    return cast(Tensor, segment_csr(messages, rowptr.long(), reduce=reduce))


def spread_rows(values: Tensor, rowptr: Tensor, col: Tensor) -> Tensor:
    """The values of each row for every edge in it; ``col`` tells their number."""
    from torch_scatter import gather_csr

    out = values.new_empty(len(col), values.shape[1])
    return cast(Tensor, gather_csr(values, rowptr.long(), out))


def _finite(messages: Tensor) -> bool:
    return not messages.numel() or all(bool(end.isfinite()) for end in messages.aminmax())


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, col: Tensor, back_rowptr: Tensor, order: Tensor) -> Tensor:
        ctx.save_for_backward(back_rowptr, order)
        return x.index_select(0, col)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        back_rowptr, order = ctx.saved_tensors
        return REDUCE_ROWS(grad.index_select(0, order), back_rowptr, "sum"), None, None, None


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, rowptr: Tensor, col: Tensor) -> Tensor:
        ctx.save_for_backward(rowptr)
        return cast(Tensor, SPREAD_ROWS(values, rowptr, col))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        return REDUCE_ROWS(grad, *ctx.saved_tensors, "sum"), None, None


class _Total(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, messages: Tensor, rowptr: Tensor, col: Tensor) -> Tensor:
        ctx.save_for_backward(rowptr, col)
        return cast(Tensor, REDUCE_ROWS(messages, rowptr, "sum"))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        return SPREAD_ROWS(grad, *ctx.saved_tensors), None, None


class _Extreme(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, messages: Tensor, rowptr: Tensor, col: Tensor, reduce: str, ties: str
    ) -> Tensor:
        out: Tensor = REDUCE_ROWS(messages, rowptr, reduce)
        ctx.save_for_backward(messages, out, rowptr, col)
        ctx.ties = ties
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        messages, out, rowptr, col = ctx.saved_tensors
        wins = (messages == SPREAD_ROWS(out, rowptr, col)) | messages.isnan()
        if ctx.ties == "even":
            grad = grad / REDUCE_ROWS(wins.to(grad.dtype), rowptr, "sum").clamp(min=1)
        else:
            edge = torch.arange(len(col), device=col.device).unsqueeze(1)
            first = REDUCE_ROWS(torch.where(wins, edge, len(col)), rowptr, "min")
            wins = edge == SPREAD_ROWS(first, rowptr, col)
        return SPREAD_ROWS(grad, rowptr, col).masked_fill(~wins, 0.0), None, None, None, None


def _take(x: Tensor, csr: Csr) -> Tensor:
    if not (torch.is_grad_enabled() and x.requires_grad):
        return x.index_select(0, csr.col)
    back, order = csr.transposed
    return cast(Tensor, _Take.apply(x, csr.col, back.rowptr, order))  # type: ignore[no-untyped-call]


def _spread(values: Tensor, csr: Csr) -> Tensor:
    return cast(Tensor, _Spread.apply(values, csr.rowptr, csr.col))  # type: ignore[no-untyped-call]


def _total(messages: Tensor, csr: Csr) -> Tensor:
    return cast(Tensor, _Total.apply(messages, csr.rowptr, csr.col))  # type: ignore[no-untyped-call]


def _extreme(messages: Tensor, csr: Csr, reduce: str, ties: str) -> Tensor:
    made = _Extreme.apply(messages, csr.rowptr, csr.col, reduce, ties)  # type: ignore[no-untyped-call]
    return cast(Tensor, made)


ROWS = Rows(_take, _spread, _total, _extreme)
