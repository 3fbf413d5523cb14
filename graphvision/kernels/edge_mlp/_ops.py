"""Two-layer messages as torch sees them: ops with fakes, and their gradients."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from graphvision.kernels._gradients import BOTH_WAYS, empty_like, needed, wants_gradients
from graphvision.kernels._register import register
from graphvision.kernels.gather import Csr

_SUM = "graphvision.kernels.edge_mlp._numba_sum:"
_EXTREME = "graphvision.kernels.edge_mlp._numba_extreme:"
_CUDA_SUM = "graphvision.kernels.edge_mlp._triton_sum:"
_CUDA_EXTREME = "graphvision.kernels.edge_mlp._triton_extreme:"
_TERMS = "Tensor target, Tensor source, Tensor? edge, Tensor? edge_weight"

SUM = register(
    f"mlp_sum({_TERMS}, str activation, float slope, Tensor rowptr, Tensor col) -> Tensor",
    lambda target, *_: empty_like(target, target),
    CPU=_SUM + "mlp_sum",
    CUDA=_CUDA_SUM + "mlp_sum",
)
SUM_BACKWARD = register(
    f"mlp_sum_backward(Tensor grad, {_TERMS}, {BOTH_WAYS}, str activation, float slope, "
    "bool to_edge) -> (Tensor, Tensor, Tensor, Tensor)",
    lambda grad, target, source, edge, edge_weight, *rest: (
        empty_like(target, target),
        empty_like(target, source),
        empty_like(target, edge, rest[-1]),
        empty_like(target, edge_weight),
    ),
    CPU=_SUM + "mlp_sum_backward",
    CUDA=_CUDA_SUM + "mlp_sum_backward",
)
EXTREME = register(
    f"mlp_extreme({_TERMS}, Tensor weight, str activation, float slope, str reduce, str ties, "
    "Tensor rowptr, Tensor col) -> (Tensor, Tensor)",
    lambda target, source, edge, edge_weight, weight, *rest: (
        target.new_empty(target.shape[0], weight.shape[0]),
        target.new_empty(rest[-1].shape[0], (weight.shape[0] + 7) // 8, dtype=torch.uint8),
    ),
    CPU=_EXTREME + "mlp_extreme",
    CUDA=_CUDA_EXTREME + "mlp_extreme",
)
EXTREME_BACKWARD = register(
    f"mlp_extreme_backward(Tensor grad, {_TERMS}, Tensor weight, Tensor wins, {BOTH_WAYS}, "
    "str activation, float slope, bool to_edge) "
    "-> (Tensor, Tensor, Tensor, Tensor, Tensor)",
    lambda grad, target, source, edge, edge_weight, weight, *rest: (
        empty_like(target, target),
        empty_like(target, source),
        empty_like(target, edge, rest[-1]),
        empty_like(target, edge_weight),
        empty_like(target, weight),
    ),
    CPU=_EXTREME + "mlp_extreme_backward",
    CUDA=_CUDA_EXTREME + "mlp_extreme_backward",
)


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, target: Tensor, source: Tensor, edge: Tensor | None,
        edge_weight: Tensor | None, activation: str, slope: float, *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        tensors = (target, source, edge, edge_weight)
        ctx.options = (activation, slope)
        ctx.save_for_backward(*tensors, *edges)
        out: Tensor = SUM(*tensors, activation, slope, edges[0], edges[1])
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        needs = ctx.needs_input_grad
        found = SUM_BACKWARD(grad, *ctx.saved_tensors, *ctx.options, needs[2])
        return *needed(found, needs), *[None] * 7


class _Extreme(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, target: Tensor, source: Tensor, edge: Tensor | None,
        edge_weight: Tensor | None, weight: Tensor, options: tuple[str, float, str, str],
        *edges: Tensor,
    ) -> Tensor:  # fmt: skip
        tensors = (target, source, edge, edge_weight, weight)
        out, wins = EXTREME(*tensors, *options, edges[0], edges[1])
        ctx.options = options[:2]
        ctx.save_for_backward(*tensors, wins, *edges)
        result: Tensor = out
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        needs = ctx.needs_input_grad
        found = EXTREME_BACKWARD(grad, *ctx.saved_tensors, *ctx.options, needs[2])
        return *needed(found, needs), *[None] * 6


def mlp_sum(
    target: Tensor, source: Tensor, csr: Csr, edge: Tensor | None, edge_weight: Tensor | None,
    activation: str, slope: float,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_sum`."""
    args = (target, source, edge, edge_weight, activation, slope)
    if wants_gradients(target, source, edge, edge_weight):
        out = _Sum.apply(*args, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        out = SUM(*args, csr.rowptr, csr.col)
    result: Tensor = out
    return result


def mlp_extreme(
    target: Tensor, source: Tensor, weight: Tensor, csr: Csr, edge: Tensor | None,
    edge_weight: Tensor | None, activation: str, slope: float, reduce: str, ties: str,
) -> Tensor:  # fmt: skip
    """See :func:`graphvision.kernels.edge_mlp.mlp_extreme`."""
    tensors, options = (
        (target, source, edge, edge_weight, weight),
        (activation, slope, reduce, ties),
    )
    if wants_gradients(*tensors):
        out = _Extreme.apply(*tensors, options, *csr.both_ways)  # type: ignore[no-untyped-call]
    else:
        out, _ = EXTREME(*tensors, *options, csr.rowptr, csr.col)
    result: Tensor = out
    return result
