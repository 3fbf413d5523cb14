"""Pixel values on the CPU: rows shared out, eight numbers at a time."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import exact_jit, jit
from graphvision.kernels._numba_vector import LANES, fill, fma, greater, load, store
from graphvision.kernels._pool import for_rows
from graphvision.kernels.pixels._reference import SCALE

_GRAIN = 1 << 16  # pixels that are worth a thread


@exact_jit
def _unit_rows(lo: int, hi: int, image: Any, scale: Any, out: Any) -> None:
    for i in range(lo, hi):
        out[i] = np.float32(image[i]) / scale


@jit
def _range_rows(lo: int, hi: int, image: Any, size: int, out: Any) -> None:
    """Least and largest of parts ``lo…hi`` of ``size`` values; NaN where one is not finite."""
    none = image.dtype.type(0)
    lanes = np.empty((3, LANES), image.dtype)
    for part in range(lo, hi):
        at = part * size
        first = fill(image, image[at])
        low, high, wrong = fill(image, -image[at]), first, fill(image, none)
        whole = at + size // LANES * LANES
        for x in range(at, whole, LANES):
            v = load(image, x, LANES)
            low, high = greater(fill(image, none) - v, low), greater(v, high)
            wrong = fma(v, fill(image, none), wrong)
        for row, found in enumerate((low, high, wrong)):
            store(lanes[row], 0, LANES, found)
        least, largest, bad = -lanes[0].max(), lanes[1].max(), lanes[2].sum()
        for x in range(whole, at + size):
            v = image[x]
            least, largest = min(least, v), max(largest, v)
            bad += v * none
        out[0, part], out[1, part] = least + bad, largest + bad


def unit_pixels(image: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.pixels.unit_pixels`."""
    out = torch.empty(image.shape, dtype=torch.float32)
    arrays = image.contiguous().flatten().numpy(), np.float32(SCALE[image.dtype])
    for_rows(_unit_rows, image.numel(), *arrays, out.flatten().numpy(), grain=_GRAIN)
    return out


def value_range(image: Tensor) -> tuple[Tensor, Tensor]:
    """See :func:`graphvision.kernels.pixels.value_range`."""
    rows = image.detach().contiguous().flatten(2) if image.ndim > 2 else image.unsqueeze(1)
    parts, size = rows.shape[0] * rows.shape[1], rows.shape[2]
    out = rows.new_empty(2, parts)
    flat = rows.contiguous().flatten().numpy()
    for_rows(_range_rows, parts, flat, size, out.numpy(), grain=max(1, _GRAIN // size))
    low, high = out.view(2, *rows.shape[:2])
    return low.amin(1), high.amax(1)
