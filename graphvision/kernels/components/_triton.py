"""Connected pieces on the GPU: runs of rows, joined in a forest whose roots are first pixels.

Every pixel points at a pixel of its piece that is not after it. Two trees are joined by an atomic
minimum of integers at the later root, tried again from what another program wrote there first; the
forest differs from run to run, its roots don't. See Playne and Hawick, "A new algorithm for
parallel connected-component labelling on GPUs", IEEE TPDS 2018, and Allegretti et al., "Optimized
block-based algorithms to label connected components on GPUs", IEEE TPDS 2020.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv, launch, power

_BLOCK = 512  # pixels of a program, at most
_LEAST = 128  # one to a thread: none asks twice for an atomic minimum


@triton.jit
def _latest(a: tl.tensor, b: tl.tensor) -> Any:
    return tl.maximum(a, b)


@triton.jit
def _root(parent: tl.tensor, p: tl.tensor, live: tl.tensor) -> Any:
    """The roots of pixels p, as far as other programs have joined them by now."""
    above = tl.load(parent + p, live, 0, volatile=True)
    moving = live & (above != p)
    while tl.max(moving.to(tl.int32)) > 0:
        p = tl.where(moving, above, p)
        above = tl.load(parent + p, moving, 0, volatile=True)
        moving &= above != p
    return p


@triton.jit
def _join(parent: tl.tensor, p: tl.tensor, q: tl.tensor, live: tl.tensor) -> None:
    """Make the trees of pixels p and q one, under the lesser of their roots."""
    while tl.max(live.to(tl.int32)) > 0:
        p, q = _root(parent, p, live), _root(parent, q, live)
        high, low = tl.maximum(p, q), tl.minimum(p, q)
        live &= high != low
        before = tl.atomic_min(parent + high, low, live)
        p = tl.where(live, before, p)
        q = tl.where(live, low, q)
        live &= before != high


@triton.jit(do_not_specialize=["wide"])
def _link_runs(labels: tl.tensor, parent: tl.tensor, wide: tl.tensor, BLOCK: tl.constexpr) -> None:
    """Every pixel of a block of a row points at the first of its run of equal labels there."""
    x = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    p = tl.program_id(0).to(tl.int64) * wide + x
    inside = x < wide
    begins = tl.load(labels + p, inside, -1) != tl.load(labels + p - 1, inside & (x > 0), -1)
    begins |= x == tl.program_id(1) * BLOCK
    first = tl.associative_scan(tl.where(begins, x, 0), 0, _latest)
    tl.store(parent + p, p - x + first, inside)


@triton.jit(do_not_specialize=["high", "wide"])
def _join_runs(
    labels: tl.tensor, parent: tl.tensor, high: tl.tensor, wide: tl.tensor, BLOCK: tl.constexpr
) -> None:
    """Join runs with those above, once for every stretch that they share, and blocks of a row."""
    x = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    p = tl.program_id(0).to(tl.int64) * wide + x
    y = p // wide % high
    label = tl.load(labels + p, x < wide, -1)
    used = label >= 0
    up = used & (tl.load(labels + p - wide, used & (y > 0), -1) == label)
    left = used & (tl.load(labels + p - 1, used & (x > 0), -1) == label)
    corner = up & (tl.load(labels + p - wide - 1, up & (x > 0), -1) == label)
    _join(parent, p, p - wide, up & ~(left & corner & (x > tl.program_id(1) * BLOCK)))
    _join(parent, p, p - 1, left & (x == tl.program_id(1) * BLOCK))


@triton.jit
def _flatten(
    labels: tl.tensor, parent: tl.tensor, roots: tl.tensor, pixels: tl.tensor, BLOCK: tl.constexpr
) -> None:
    """Let every pixel point at its root and mark the roots of pieces."""
    p = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    used = tl.load(labels + p, p < pixels, -1) >= 0
    root = _root(parent, p.to(parent.dtype.element_ty), used)
    tl.store(parent + p, root, used)
    tl.store(roots + p, (used & (root == p)).to(tl.int32), p < pixels)


def components(labels: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.components.connected_components`."""
    labels = labels.contiguous()
    (images, high, wide), pixels = labels.shape, labels.numel()
    if not pixels:
        return torch.full_like(labels, -1)
    parent = torch.empty(
        pixels, dtype=torch.int32 if pixels < 2**31 else torch.int64, device=labels.device
    )
    roots = torch.empty(pixels, dtype=torch.int32, device=labels.device)
    block = max(_LEAST, min(_BLOCK, power(wide)))
    rows = (images * high, cdiv(wide, block))
    launch(_link_runs, rows, labels, parent, wide, BLOCK=block)
    launch(_join_runs, rows, labels, parent, high, wide, BLOCK=block)
    launch(_flatten, (cdiv(pixels, _BLOCK),), labels, parent, roots, pixels, BLOCK=_BLOCK)
    number = roots.view(images, -1).cumsum(1) - 1
    found = number.flatten()[parent.long()].view_as(labels)
    return torch.where(labels >= 0, found, -1)
