"""Gather, weigh and reduce in one pass over the rows on the CPU, without an ``[e, c]`` buffer."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather._csr import Csr
from graphvision.kernels.gather._reference import STD_FLOOR

_GRAIN = 1 << 15  # elements of the gathered input that are worth a thread


@jit
def _sum_rows(lo: int, hi: int, x: Any, rowptr: Any, col: Any, out: Any) -> None:
    channels = x.shape[1]
    for i in range(lo, hi):
        for c in range(channels):
            out[i, c] = 0
        for e in range(rowptr[i], rowptr[i + 1]):
            j = col[e]
            for c in range(channels):
                out[i, c] += x[j, c]


@jit
def _weighted_rows(lo: int, hi: int, x: Any, rowptr: Any, col: Any, weight: Any, out: Any) -> None:
    heads = weight.shape[1]
    width = x.shape[1] // max(1, heads)
    for i in range(lo, hi):
        for c in range(x.shape[1]):
            out[i, c] = 0
        for e in range(rowptr[i], rowptr[i + 1]):
            j = col[e]
            for h in range(heads):
                w = weight[e, h]
                for c in range(h * width, (h + 1) * width):
                    out[i, c] += w * x[j, c]


@jit
def _weight_grad_rows(lo: int, hi: int, x: Any, grad: Any, rowptr: Any, col: Any, out: Any) -> None:
    heads = out.shape[1]
    width = x.shape[1] // max(1, heads)
    for i in range(lo, hi):
        for e in range(rowptr[i], rowptr[i + 1]):
            j = col[e]
            for h in range(heads):
                dot = x[j, 0] * 0
                for c in range(h * width, (h + 1) * width):
                    dot += x[j, c] * grad[i, c]
                out[e, h] = dot


@jit
def _extreme_rows(lo: int, hi: int, x: Any, rowptr: Any, col: Any, sign: Any, out: Any) -> None:
    channels = x.shape[1]
    for i in range(lo, hi):
        first, last = rowptr[i], rowptr[i + 1]
        if first == last:
            for c in range(channels):
                out[i, c] = 0
            continue
        j = col[first]
        for c in range(channels):
            out[i, c] = x[j, c]
        for e in range(first + 1, last):
            j = col[e]
            for c in range(channels):
                v = x[j, c]
                m = out[i, c]
                out[i, c] = v if (sign * v > sign * m or v != v) and m == m else m


@jit
def _winner_rows(
    lo: int, hi: int, x: Any, out: Any, rowptr: Any, col: Any, winner: Any, count: Any
) -> None:
    channels = x.shape[1]
    for i in range(lo, hi):
        for c in range(channels):
            winner[i, c] = -1
            count[i, c] = 0
        for e in range(rowptr[i], rowptr[i + 1]):
            j = col[e]
            for c in range(channels):
                if x[j, c] == out[i, c]:
                    if count[i, c] == 0:
                        winner[i, c] = e
                    count[i, c] += 1


@jit
def _extreme_grad_rows(
    lo: int, hi: int, x: Any, out: Any, grad: Any, rowptr: Any, row: Any, edge: Any,
    winner: Any, count: Any, even: bool, grad_x: Any,
) -> None:  # fmt: skip
    channels = x.shape[1]
    for j in range(lo, hi):
        for c in range(channels):
            grad_x[j, c] = 0
        for t in range(rowptr[j], rowptr[j + 1]):
            i = row[t]
            for c in range(channels):
                if even:
                    if x[j, c] == out[i, c]:
                        grad_x[j, c] += grad[i, c] / count[i, c]
                elif winner[i, c] == edge[t]:
                    grad_x[j, c] += grad[i, c]


@jit
def _std_rows(
    lo: int, hi: int, x: Any, rowptr: Any, col: Any, floor: float, mean: Any, out: Any
) -> None:
    channels = x.shape[1]
    for i in range(lo, hi):
        degree = max(1, rowptr[i + 1] - rowptr[i])
        for c in range(channels):
            mean[i, c] = 0
            out[i, c] = 0
        for e in range(rowptr[i], rowptr[i + 1]):
            for c in range(channels):
                mean[i, c] += x[col[e], c]
        for c in range(channels):
            mean[i, c] /= degree
        for e in range(rowptr[i], rowptr[i + 1]):
            for c in range(channels):
                d = x[col[e], c] - mean[i, c]
                out[i, c] += d * d
        for c in range(channels):
            v = out[i, c] / degree
            out[i, c] = np.sqrt(v) if not v <= floor else 0


def _run(kernel: Any, rows: int, csr: Csr, channels: int, *args: Any) -> None:
    per_row = max(1, len(csr.col) * max(1, channels) // max(1, rows))
    for_rows(kernel, rows, *args, grain=max(1, _GRAIN // per_row))


def _np(t: Tensor) -> Any:
    return t.detach().contiguous().numpy()


def _rows(csr: Csr) -> tuple[Any, Any]:
    return _np(csr.rowptr), _np(csr.col)


def _sum(x: Tensor, csr: Csr, weight: Tensor | None) -> Tensor:
    out = x.new_empty(csr.num_targets, x.shape[1])
    if weight is None:
        _run(_sum_rows, len(out), csr, x.shape[1], _np(x), *_rows(csr), _np(out))
    else:
        args = (_np(x), *_rows(csr), _np(weight), _np(out))
        _run(_weighted_rows, len(out), csr, x.shape[1], *args)
    return out


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, csr: Csr) -> Tensor:
        ctx.csr = csr
        ctx.save_for_backward(x, weight)
        return _sum(x, csr, weight)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, weight = ctx.saved_tensors
        grad = grad.contiguous()
        grad_x = grad_weight = None
        if ctx.needs_input_grad[0]:
            back, order = ctx.csr.transposed
            w = None if weight is None else weight[order]
            grad_x = _sum(grad, back, w)
        if ctx.needs_input_grad[1]:
            grad_weight = torch.empty_like(weight)
            args = (_np(x), _np(grad), *_rows(ctx.csr), _np(grad_weight))
            _run(_weight_grad_rows, len(grad), ctx.csr, x.shape[1], *args)
        return grad_x, grad_weight, None


class _Extreme(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, csr: Csr, reduce: str, ties: str) -> Tensor:
        ctx.csr, ctx.even = csr, ties == "even"
        out = x.new_empty(csr.num_targets, x.shape[1])
        sign = np.asarray(1 if reduce == "max" else -1, dtype=_np(x).dtype)[()]
        _run(_extreme_rows, len(out), csr, x.shape[1], _np(x), *_rows(csr), sign, _np(out))
        ctx.save_for_backward(x, out)
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, out = ctx.saved_tensors
        csr = ctx.csr
        winner = torch.empty(out.shape, dtype=torch.int64)
        count = torch.empty(out.shape, dtype=torch.int32)
        args = (_np(x), _np(out), *_rows(csr), _np(winner), _np(count))
        _run(_winner_rows, len(out), csr, x.shape[1], *args)
        back, order = csr.transposed
        grad_x = x.new_empty(x.shape)
        arrays = (_np(x), _np(out), _np(grad), *_rows(back), _np(order), _np(winner), _np(count))
        _run(_extreme_grad_rows, len(x), back, x.shape[1], *arrays, ctx.even, _np(grad_x))
        return grad_x, None, None, None


class _Std(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, csr: Csr) -> Tensor:
        out = x.new_empty(csr.num_targets, x.shape[1])
        mean = torch.empty_like(out)
        args = (_np(x), *_rows(csr), STD_FLOOR, _np(mean), _np(out))
        _run(_std_rows, len(out), csr, x.shape[1], *args)
        ctx.csr = csr
        ctx.save_for_backward(x, mean, out)
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, mean, out = ctx.saved_tensors
        degree = ctx.csr.degree.clamp(min=1).to(x.dtype).unsqueeze(1)
        scale = torch.where(out > 0, grad / (degree * out), 0.0)
        back, _ = ctx.csr.transposed
        return x * _sum(scale, back, None) - _sum(scale * mean, back, None), None


def gather_reduce(x: Tensor, csr: Csr, weight: Tensor | None, *, reduce: str, ties: str) -> Tensor:
    """See :func:`graphvision.kernels.gather.gather_reduce`."""
    x = x.contiguous()
    out: Tensor
    if reduce in ("max", "min"):
        out = _Extreme.apply(x, csr, reduce, ties)  # type: ignore[no-untyped-call]
    elif reduce == "std":
        out = _Std.apply(x, csr)  # type: ignore[no-untyped-call]
    else:
        out = _Sum.apply(x, weight, csr)  # type: ignore[no-untyped-call]
    if reduce == "mean":
        out = out / csr.degree.clamp(min=1).to(x.dtype).unsqueeze(1)
    return out
