"""Basis-weighted sums in one pass over the rows on the CPU, without an ``[e, k·c]`` buffer."""

from typing import Any

import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.gather import Csr

_GRAIN = 1 << 16  # multiply-adds that are worth a thread


@jit
def _gather_rows(lo: int, hi: int, x: Any, basis: Any, rowptr: Any, col: Any, out: Any) -> None:
    channels = x.shape[1]
    functions = basis.shape[1]
    for i in range(lo, hi):
        for k in range(functions):
            for c in range(channels):
                out[i, k, c] = 0
        for e in range(rowptr[i], rowptr[i + 1]):
            j = col[e]
            for k in range(functions):
                b = basis[e, k]
                if b != 0:
                    for c in range(channels):
                        out[i, k, c] += b * x[j, c]


@jit
def _scatter_rows(
    lo: int, hi: int, grad: Any, basis: Any, rowptr: Any, row: Any, edge: Any, out: Any
) -> None:
    channels = out.shape[1]
    functions = basis.shape[1]
    for j in range(lo, hi):
        for c in range(channels):
            out[j, c] = 0
        for t in range(rowptr[j], rowptr[j + 1]):
            i, e = row[t], edge[t]
            for k in range(functions):
                b = basis[e, k]
                if b != 0:
                    for c in range(channels):
                        out[j, c] += b * grad[i, k, c]


@jit
def _basis_grad_rows(lo: int, hi: int, x: Any, grad: Any, rowptr: Any, col: Any, out: Any) -> None:
    channels = x.shape[1]
    for i in range(lo, hi):
        for e in range(rowptr[i], rowptr[i + 1]):
            j = col[e]
            for k in range(out.shape[1]):
                dot = x.dtype.type(0)
                for c in range(channels):
                    dot += x[j, c] * grad[i, k, c]
                out[e, k] = dot


def _np(t: Tensor) -> Any:
    return t.detach().contiguous().numpy()


def _run(kernel: Any, rows: int, work: int, *args: Any) -> None:
    for_rows(kernel, rows, *args, grain=max(1, _GRAIN * rows // max(1, work)))


class _BasisGather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, basis: Tensor, csr: Csr) -> Tensor:
        ctx.csr = csr
        ctx.save_for_backward(x, basis)
        out = x.new_empty(csr.num_targets, basis.shape[1], x.shape[1])
        args = (_np(x), _np(basis), _np(csr.rowptr), _np(csr.col), _np(out))
        _run(_gather_rows, len(out), basis.numel() * x.shape[1], *args)
        return out.flatten(1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, basis = ctx.saved_tensors
        csr: Csr = ctx.csr
        grad = grad.contiguous().view(csr.num_targets, basis.shape[1], x.shape[1])
        work = basis.numel() * x.shape[1]
        grad_x = grad_basis = None
        if ctx.needs_input_grad[0]:
            back, order = csr.transposed
            grad_x = torch.empty_like(x)
            rows = (_np(back.rowptr), _np(back.col), _np(order))
            _run(_scatter_rows, len(x), work, _np(grad), _np(basis), *rows, _np(grad_x))
        if ctx.needs_input_grad[1]:
            grad_basis = torch.empty_like(basis)
            args = (_np(x), _np(grad), _np(csr.rowptr), _np(csr.col), _np(grad_basis))
            _run(_basis_grad_rows, len(grad), work, *args)
        return grad_x, grad_basis, None


def basis_gather(x: Tensor, csr: Csr, basis: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_gather`."""
    out: Tensor = _BasisGather.apply(  # type: ignore[no-untyped-call]
        x.contiguous(), basis.contiguous(), csr
    )
    return out
