"""CIELAB on the CPU: float32 by polynomial and Newton steps, float64 by the formula."""

from typing import Any

import numpy as np
import torch
from numba.extending import overload
from torch import Tensor

from graphvision.kernels._jit import OPTIONS, jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.color._reference import RGB_TO_XYZ

XYZ = np.array(RGB_TO_XYZ, dtype=np.float64)


def _gamma_polynomial(degree: int = 13) -> np.ndarray:
    """Coefficients, highest first, of ``((v + 0.055) / 1.055)^2.4`` on 0.04…1.

    A Chebyshev fit; its largest error there is below 1e-7, less than float32 resolves near 1.
    """
    fit = np.polynomial.Chebyshev.interpolate(
        lambda v: ((v + 0.055) / 1.055) ** 2.4, degree, domain=[0.04, 1.0]
    )
    return fit.convert(kind=np.polynomial.Polynomial).coef[::-1].copy()


GAMMA = _gamma_polynomial()
GAMMA32 = GAMMA.astype(np.float32)
XYZ32 = XYZ.astype(np.float32)


@jit
def _linear32(line: Any, out: Any) -> None:
    """Take the gamma curve of sRGB off."""
    cut, slope = np.float32(0.04045), np.float32(1 / 12.92)
    for x in range(line.size):
        v = line[x]
        p = GAMMA32[0]
        for i in range(1, 14):
            p = p * v + GAMMA32[i]
        out[x] = p if v > cut else v * slope


@jit
def _root32(line: Any, out: Any) -> None:
    """CIELAB's f: a cube root above 0.008856, a line below.

    Newton's steps for t^(-1/3) need no division; a last one for the root itself takes the error to
    1e-7.
    """
    third, four_thirds = np.float32(1 / 3), np.float32(4 / 3)
    eps, steep, base = np.float32(0.008856), np.float32(7.787), np.float32(16 / 116)
    bits, guess = line.view(np.int32), out.view(np.int32)
    for x in range(line.size):
        guess[x] = np.int32(0x54A2FA8C) - np.int32(np.float32(bits[x]) * third)
    for x in range(line.size):
        t, r = line[x], out[x]
        s = t * third
        r = r * (four_thirds - s * (r * r * r))
        r = r * (four_thirds - s * (r * r * r))
        r = r * (four_thirds - s * (r * r * r))
        y = t * (r * r)
        y = y - (y * y * y - t) * (r * r) * third
        out[x] = y if t > eps else steep * t + base


@jit
def _row32(
    red: Any, green: Any, blue: Any, out_l: Any, out_a: Any, out_b: Any, scratch: Any
) -> None:
    """One row of float32; ``scratch`` is ``[3, w]`` float32, all rows contiguous."""
    ys, xs, zs = scratch[1], scratch[0], scratch[2]
    _linear32(red, xs)
    _linear32(green, ys)
    _linear32(blue, zs)
    for x in range(red.size):
        r, g, b = xs[x], ys[x], zs[x]
        xs[x] = XYZ32[0, 0] * r + XYZ32[0, 1] * g + XYZ32[0, 2] * b
        ys[x] = XYZ32[1, 0] * r + XYZ32[1, 1] * g + XYZ32[1, 2] * b
        zs[x] = XYZ32[2, 0] * r + XYZ32[2, 1] * g + XYZ32[2, 2] * b
    _root32(xs, out_l)
    _root32(ys, out_a)
    _root32(zs, out_b)
    for x in range(red.size):
        fx, fy, fz = out_l[x], out_a[x], out_b[x]
        out_l[x] = np.float32(116.0) * fy - np.float32(16.0)
        out_a[x] = np.float32(500.0) * (fx - fy)
        out_b[x] = np.float32(200.0) * (fy - fz)


@jit
def _root(t: Any) -> Any:
    return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116


@jit
def _gamma(v: Any) -> Any:
    return ((v + 0.055) / 1.055) ** 2.4 if v > 0.04045 else v / 12.92


@jit
def _row64(red: Any, green: Any, blue: Any, out_l: Any, out_a: Any, out_b: Any) -> None:
    for x in range(red.shape[0]):
        r, g, b = _gamma(red[x]), _gamma(green[x]), _gamma(blue[x])
        fx = _root(XYZ[0, 0] * r + XYZ[0, 1] * g + XYZ[0, 2] * b)
        fy = _root(XYZ[1, 0] * r + XYZ[1, 1] * g + XYZ[1, 2] * b)
        fz = _root(XYZ[2, 0] * r + XYZ[2, 1] * g + XYZ[2, 2] * b)
        out_l[x] = 116.0 * fy - 16.0
        out_a[x] = 500.0 * (fx - fy)
        out_b[x] = 200.0 * (fy - fz)


def lab_row(line: Any, out: Any, scratch: Any) -> None:
    """One row ``[3, w]`` of unit RGB to CIELAB in its own dtype; compiled code only."""
    raise NotImplementedError


@overload(lab_row, jit_options=OPTIONS, strict=False)
def _lab_row(line: Any, out: Any, scratch: Any) -> Any:
    if line.dtype.bitwidth == 32:
        return lambda line, out, scratch: _row32(
            line[0], line[1], line[2], out[0], out[1], out[2], scratch
        )
    return lambda line, out, scratch: _row64(line[0], line[1], line[2], out[0], out[1], out[2])


@jit
def rows(start: Any, stop: Any, image: Any, out: Any) -> None:
    """Rows ``start…stop`` of ``b·h`` of ``[b, 3, h, w]``."""
    height, width = image.shape[2:]
    line, lab = np.empty((3, width), dtype=image.dtype), np.empty((3, width), dtype=image.dtype)
    scratch = np.empty((3, width), dtype=image.dtype)
    for i in range(start, stop):
        b, y = i // height, i % height
        line[:] = image[b, :, y]
        lab_row(line, lab, scratch)
        out[b, :, y] = lab


def rgb_to_lab(image: Tensor) -> Tensor:
    image = image.detach().contiguous()
    out = torch.empty(image.shape, dtype=image.dtype)
    for_rows(rows, image.shape[0] * image.shape[2], image.numpy(), out.numpy(), grain=32)
    return out
