"""Stencils on the GPU: pixels × channels in registers, neighbours through the cache, no atomics."""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_tiles import cdiv, launch, power

_NUMBERS = 1024  # pixels × channels of a program
_CHANNELS = 64
_CHUNKS = 128  # of pixels, with a sum each for the weights


@triton.jit
def _tap(
    p: tl.tensor, k: tl.tensor, pixels: tl.tensor, high: tl.tensor, wide: tl.tensor,
    KH: tl.constexpr, KW: tl.constexpr, DILATION: tl.constexpr,
) -> Any:  # fmt: skip
    """The pixel at tap k of pixels p, and whether both exist."""
    y, x = p // wide % high, p % wide
    dy, dx = (k // KW - KH // 2) * DILATION, (k % KW - KW // 2) * DILATION
    inside = (y + dy >= 0) & (y + dy < high) & (x + dx >= 0) & (x + dx < wide)
    return p + dy * wide + dx, (p < pixels) & inside


@triton.jit
def _channels(x: tl.tensor, p: tl.tensor, c: tl.tensor, live: tl.tensor, C: tl.constexpr) -> Any:
    """``x[p, c]``, 0 where a pixel or a channel doesn't exist."""
    here = live[:, None] & (c < C)[None, :]
    return tl.load(x + p[:, None] * C + c[None, :], here, 0.0).to(tl.float32)


@triton.jit
def _likeness(f: tl.tensor, other: tl.tensor, factor: tl.tensor, live: tl.tensor) -> Any:
    apart = f - other
    return tl.where(live, tl.exp(tl.sum(apart * apart, 1) * factor), 0.0)


@triton.jit(do_not_specialize=["pixels", "high", "wide"])
def _weigh(
    x: tl.tensor, weight: tl.tensor, out: tl.tensor, pixels: tl.tensor, high: tl.tensor,
    wide: tl.tensor, C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, DILATION: tl.constexpr,
    B: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    p = tl.program_id(0).to(tl.int64) * B + tl.arange(0, B)
    c = tl.program_id(1) * W + tl.arange(0, W)
    acc = tl.zeros((B, W), tl.float32)
    for k in range(KH * KW):
        q, live = _tap(p, k, pixels, high, wide, KH, KW, DILATION)
        w = tl.load(weight + k * C + c, c < C, 0.0).to(tl.float32)
        acc += w[None, :] * _channels(x, q, c, live, C)
    here = (p < pixels)[:, None] & (c < C)[None, :]
    tl.store(out + p[:, None] * C + c[None, :], acc, here)


@triton.jit(do_not_specialize=["pixels", "each", "high", "wide"])
def _weight_grad(
    grad: tl.tensor, x: tl.tensor, sums: tl.tensor, pixels: tl.tensor, each: tl.tensor,
    high: tl.tensor, wide: tl.tensor, C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr,
    DILATION: tl.constexpr, B: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    """What a chunk of pixels gives to the weights of one tap."""
    c, k = tl.program_id(1) * W + tl.arange(0, W), tl.program_id(2)
    acc = tl.zeros((B, W), tl.float32)
    begin = tl.program_id(0).to(tl.int64) * each
    for start in range(begin, tl.minimum(begin + each, pixels), B):
        p = start + tl.arange(0, B)
        q, live = _tap(p, k, pixels, high, wide, KH, KW, DILATION)
        acc += _channels(grad, p, c, live, C) * _channels(x, q, c, live, C)
    place = (tl.program_id(0) * (KH * KW) + k) * C + c
    tl.store(sums + place, tl.sum(acc, 0), c < C)


@triton.jit(do_not_specialize=["factor", "pixels", "high", "wide"])
def _average(
    x: tl.tensor, guide: tl.tensor, weight: tl.tensor, out: tl.tensor, factor: tl.tensor,
    pixels: tl.tensor, high: tl.tensor, wide: tl.tensor, C: tl.constexpr, SIZE: tl.constexpr,
    KH: tl.constexpr, KW: tl.constexpr, DILATION: tl.constexpr, B: tl.constexpr, W: tl.constexpr,
    D: tl.constexpr,
) -> None:  # fmt: skip
    p = tl.program_id(0).to(tl.int64) * B + tl.arange(0, B)
    c, d = tl.program_id(1) * W + tl.arange(0, W), tl.arange(0, D)
    f = _channels(guide, p, d, p < pixels, SIZE)
    acc, total = tl.zeros((B, W), tl.float32), tl.zeros((B,), tl.float32)
    for k in range(KH * KW):
        q, live = _tap(p, k, pixels, high, wide, KH, KW, DILATION)
        a = _likeness(f, _channels(guide, q, d, live, SIZE), factor, live)
        a *= tl.load(weight + k).to(tl.float32)
        total += a
        acc += a[:, None] * _channels(x, q, c, live, C)
    acc = tl.where((total == 0)[:, None], 0.0, acc / total[:, None])
    here = (p < pixels)[:, None] & (c < C)[None, :]
    tl.store(out + p[:, None] * C + c[None, :], acc, here)


@triton.jit(do_not_specialize=["factor", "pixels", "high", "wide"])
def _factor_grad(
    grad: tl.tensor, x: tl.tensor, guide: tl.tensor, weight: tl.tensor, out: tl.tensor,
    share: tl.tensor, slope: tl.tensor, factor: tl.tensor, pixels: tl.tensor, high: tl.tensor,
    wide: tl.tensor, C: tl.constexpr, SIZE: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr,
    DILATION: tl.constexpr, B: tl.constexpr, W: tl.constexpr, D: tl.constexpr,
) -> None:  # fmt: skip
    """Of every pixel and tap: its share ``a / Σ a``, and the gradient of ``w`` by this pixel."""
    p = tl.program_id(0).to(tl.int64) * B + tl.arange(0, B)
    d = tl.arange(0, D)
    f = _channels(guide, p, d, p < pixels, SIZE)
    total = tl.zeros((B,), tl.float32)
    for k in range(KH * KW):
        q, live = _tap(p, k, pixels, high, wide, KH, KW, DILATION)
        a = _likeness(f, _channels(guide, q, d, live, SIZE), factor, live)
        total += a * tl.load(weight + k).to(tl.float32)
    inverse = tl.where(total == 0, 0.0, 1.0 / total)
    for k in range(KH * KW):
        q, live = _tap(p, k, pixels, high, wide, KH, KW, DILATION)
        a = _likeness(f, _channels(guide, q, d, live, SIZE), factor, live) * inverse
        product = tl.zeros((B,), tl.float32)
        for begin in range(0, C, W):
            c = begin + tl.arange(0, W)
            apart = _channels(x, q, c, live, C) - _channels(out, p, c, p < pixels, C)
            product += tl.sum(_channels(grad, p, c, p < pixels, C) * apart, 1)
        at = p * (KH * KW) + k
        tl.store(share + at, a * tl.load(weight + k).to(tl.float32), p < pixels)
        tl.store(slope + at, a * product, p < pixels)


@triton.jit(do_not_specialize=["pixels", "high", "wide"])
def _share_back(
    grad: tl.tensor, share: tl.tensor, out: tl.tensor, pixels: tl.tensor, high: tl.tensor,
    wide: tl.tensor, C: tl.constexpr, KH: tl.constexpr, KW: tl.constexpr, DILATION: tl.constexpr,
    B: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    """The gradient of the image: every pixel gets its share of those whose windows see it."""
    q = tl.program_id(0).to(tl.int64) * B + tl.arange(0, B)
    c = tl.program_id(1) * W + tl.arange(0, W)
    acc = tl.zeros((B, W), tl.float32)
    for k in range(KH * KW):
        p, live = _tap(q, KH * KW - 1 - k, pixels, high, wide, KH, KW, DILATION)
        a = tl.load(share + p * (KH * KW) + k, live, 0.0)
        acc += a[:, None] * _channels(grad, p, c, live, C)
    here = (q < pixels)[:, None] & (c < C)[None, :]
    tl.store(out + q[:, None] * C + c[None, :], acc, here)


@triton.jit(do_not_specialize=["factor", "pixels", "high", "wide"])
def _guide_grad(
    guide: tl.tensor, weight: tl.tensor, slope: tl.tensor, out: tl.tensor, factor: tl.tensor,
    pixels: tl.tensor, high: tl.tensor, wide: tl.tensor, SIZE: tl.constexpr, KH: tl.constexpr,
    KW: tl.constexpr, DILATION: tl.constexpr, B: tl.constexpr, D: tl.constexpr,
) -> None:  # fmt: skip
    """Of the guide: by the windows around its pixels and by those that see them."""
    p = tl.program_id(0).to(tl.int64) * B + tl.arange(0, B)
    d = tl.arange(0, D)
    f = _channels(guide, p, d, p < pixels, SIZE)
    acc = tl.zeros((B, D), tl.float32)
    for k in range(KH * KW):
        q, live = _tap(p, k, pixels, high, wide, KH, KW, DILATION)
        back = KH * KW - 1 - k  # the tap of q at which p is
        step = tl.load(slope + p * (KH * KW) + k, live, 0.0) * tl.load(weight + k).to(tl.float32)
        seen = tl.load(slope + q * (KH * KW) + back, live, 0.0)
        step += seen * tl.load(weight + back).to(tl.float32)
        acc += step[:, None] * (f - _channels(guide, q, d, live, SIZE))
    here = (p < pixels)[:, None] & (d < SIZE)[None, :]
    tl.store(out + p[:, None] * SIZE + d[None, :], acc * (2.0 * factor), here)


def _window(weight: Tensor, dilation: int) -> dict[str, int]:
    return {"KH": weight.shape[0], "KW": weight.shape[1], "DILATION": dilation}


def _cut(x: Tensor) -> tuple[tuple[int, int], dict[str, int]]:
    """The grid over pixels and channels, and the tile of a program."""
    pixels, channels = x.shape[:3].numel(), x.shape[3]
    width = min(power(channels), _CHANNELS)
    block = _NUMBERS // width
    return (cdiv(pixels, block), cdiv(channels, width)), {"C": channels, "B": block, "W": width}


def depthwise_stencil(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """The op ``graphvision::depthwise_stencil`` on the GPU."""
    out, (grid, tile) = x.new_empty(x.shape), _cut(x)
    size = (x.shape[:3].numel(), *x.shape[1:3])
    launch(_weigh, grid, x, weight, out, *size, **tile, **_window(weight, dilation))
    return out


def depthwise_stencil_grad_weight(grad: Tensor, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """The op ``graphvision::depthwise_stencil_grad_weight`` on the GPU."""
    pixels, ((blocks, columns), tile) = x.shape[:3].numel(), _cut(x)
    each = max(1, cdiv(blocks, _CHUNKS)) * tile["B"]
    taps = weight.shape[:2].numel()
    sums = x.new_empty(cdiv(pixels, each), taps, x.shape[3], dtype=torch.float32)
    launch(
        _weight_grad, (len(sums), columns, taps), grad, x, sums, pixels, each, *x.shape[1:3],
        **tile, **_window(weight, dilation),
    )  # fmt: skip
    return sums.sum(0).view(weight.shape).to(weight.dtype)


def _guided(x: Tensor, guide: Tensor, weight: Tensor, sigma: float, dilation: int) -> Any:
    """Grid, what follows the tensors, and constants of kernels with a guide."""
    grid, tile = _cut(x)
    features = {"SIZE": guide.shape[3], "D": power(guide.shape[3])}
    size = (-0.5 / (sigma * sigma), x.shape[:3].numel(), *x.shape[1:3])
    return grid, size, tile | features | _window(weight, dilation)


def bilateral_stencil(
    x: Tensor, guide: Tensor, weight: Tensor, sigma: float, dilation: int
) -> Tensor:
    """The op ``graphvision::bilateral_stencil`` on the GPU."""
    grid, size, constants = _guided(x, guide, weight, sigma, dilation)
    out = x.new_empty(x.shape)
    launch(_average, grid, x, guide, weight, out, *size, **constants)
    return out


def bilateral_stencil_backward(
    grad: Tensor, x: Tensor, guide: Tensor, weight: Tensor, out: Tensor, sigma: float,
    dilation: int,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of x, guide and weight; two numbers per pixel and tap exist while this runs."""
    grid, size, constants = _guided(x, guide, weight, sigma, dilation)
    share = x.new_empty(size[1], weight.numel(), dtype=torch.float32)
    slope = torch.empty_like(share)
    grad_x, grad_guide = x.new_empty(x.shape), guide.new_empty(guide.shape)
    given = (grad, x, guide, weight, out)
    launch(_factor_grad, (grid[0],), *given, share, slope, *size, **constants)
    of_image = {key: value for key, value in constants.items() if key not in ("SIZE", "D")}
    launch(_share_back, grid, grad, share, grad_x, *size[1:], **of_image)
    of_guide = {key: value for key, value in constants.items() if key not in ("C", "W")}
    launch(_guide_grad, (grid[0],), guide, weight, slope, grad_guide, *size, **of_guide)
    return grad_x, grad_guide, slope.sum(0).view(weight.shape).to(weight.dtype)
