"""Softmax over rows of edges on the GPU: logits are read twice, the second time from the cache."""

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_rows import edges_at, factors_of, row_ends, store_factors
from graphvision.kernels._triton_tiles import cdiv, launch, tile


@triton.jit
def online(top: tl.tensor, total: tl.tensor, logit: tl.tensor) -> Any:
    """Take logits into running maxima and sums of exponentials.

    Returns:
        The new maxima and sums, by how much former terms shrink, and the terms of the logits.
        Logits of -infinity count nothing; NaN and infinity make the sum NaN.
    """
    new = tl.maximum(top, logit)
    base = tl.where(new == float("-inf"), 0.0, new)
    shrink, term = tl.exp(top - base), tl.exp(logit - base)
    return new, total * shrink + term, shrink, term


@triton.jit
def merged(top: tl.tensor, total: tl.tensor) -> Any:
    """Maxima and sums of all lanes ``[m, l, h]`` as ``[m, h]``, and by how much a lane shrinks."""
    high = tl.max(top, 1)
    base = tl.where(high == float("-inf"), 0.0, high)
    shrink = tl.exp(top - base[:, None, :])
    return base, tl.sum(total * shrink, 1), shrink


@triton.jit(do_not_specialize=["rows"])
def _softmax_rows(
    logits: tl.tensor, rowptr: tl.tensor, share: tl.tensor, rows: tl.tensor, HEADS: tl.constexpr,
    M: tl.constexpr, L: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * W + tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    longest = tl.max(last - first)
    top = tl.full((M, L, W), float("-inf"), tl.float32)
    total = tl.zeros((M, L, W), tl.float32)
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        logit = factors_of(logits, e, h, live, HEADS)
        logit = tl.where(live[:, :, None], logit, float("-inf"))
        top, total, _, _ = online(top, total, logit)
    base, total, _ = merged(top, total)
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        logit = factors_of(logits, e, h, live, HEADS)
        value = tl.exp(logit - base[:, None, :]) / total[:, None, :]
        store_factors(share, e, h, live, value, HEADS)


@triton.jit(do_not_specialize=["rows"])
def _softmax_grad_rows(
    grad: tl.tensor, share: tl.tensor, rowptr: tl.tensor, out: tl.tensor, rows: tl.tensor,
    HEADS: tl.constexpr, M: tl.constexpr, L: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * W + tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    longest = tl.max(last - first)
    total = tl.zeros((M, L, W), tl.float32)
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        total += factors_of(grad, e, h, live, HEADS) * factors_of(share, e, h, live, HEADS)
    mean = tl.sum(total, 1)[:, None, :]
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        apart = factors_of(grad, e, h, live, HEADS) - mean
        value = factors_of(share, e, h, live, HEADS) * apart
        store_factors(out, e, h, live, value, HEADS)


def _share_out(kernel: Any, rowptr: Tensor, out: Tensor, *tensors: Tensor) -> Tensor:
    rows, heads = rowptr.shape[0] - 1, out.shape[1]
    cut = tile(rows, out.shape[0], out, per_lane=1)
    grid = (*cut.grid(rows, cdiv(heads, cut.width))[:2], 1)
    launch(kernel, grid, *tensors, rowptr, out, rows, HEADS=heads, **cut.sizes)
    return out


def segment_softmax(logits: Tensor, rowptr: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.softmax.segment_softmax`."""
    return _share_out(_softmax_rows, rowptr, logits.new_empty(logits.shape), logits)


def segment_softmax_backward(grad: Tensor, share: Tensor, rowptr: Tensor) -> Tensor:
    """The gradient of the logits."""
    return _share_out(_softmax_grad_rows, rowptr, share.new_empty(share.shape), grad, share)
