"""Sizes, places and mean colours on the CPU: one pass over runs of equal labels, strip by strip.

A strip of rows is one thread's; how an image is cut depends on its size alone, and strips are added
up in order, so the bits do not depend on the number of threads. Sums of coordinates are integers,
relative to the first pixel of the region in the strip: they are exact.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_runs import run_end
from graphvision.kernels._pool import for_rows
from graphvision.kernels._scratch import scratch
from graphvision.kernels.columns import Columns
from graphvision.kernels.regions._regions import Regions

_GRAIN = 1 << 14  # pixels that are worth a thread
_STRIP = 1 << 15  # pixels of a strip
_COUNT, _Y, _X, _YY, _XX, _YX, _EDGE, _FIRST = range(8)


@jit
def _shape_strips(
    lo: int, hi: int, labels: Any, rows: int, strips: int, ptr: Any, sums: Any
) -> None:
    """Sums over every region's pixels in each strip, and the first of them."""
    h, w = labels.shape[1], labels.shape[2]
    for unit in range(lo, hi):
        b, strip = unit // strips, unit % strips
        mine = sums[strip, ptr[b] : ptr[b + 1]]
        for i in range(len(mine)):
            mine[i, _COUNT] = 0
        for y in range(strip * rows, min(h, (strip + 1) * rows)):
            row = labels[b, y]
            x0 = 0
            while x0 < w:
                label, x1 = row[x0], run_end(row, x0, w)
                if label >= 0:
                    region = mine[label]
                    if region[_COUNT] == 0:
                        region[:] = 0
                        region[_FIRST] = y * w + x0
                    n, a = x1 - x0, x0 - region[_FIRST] % w
                    dy, steps = y - region[_FIRST] // w, n * (n - 1) // 2
                    region[_COUNT] += n
                    region[_Y] += n * dy
                    region[_X] += n * a + steps
                    region[_YY] += n * dy * dy
                    region[_XX] += n * a * a + 2 * a * steps + steps * (2 * n - 1) // 3
                    region[_YX] += dy * (n * a + steps)
                    inner = y > 0 and y < h - 1
                    sides = (x0 == 0) + (x1 == w and (w > 1 or x0 > 0))
                    region[_EDGE] += min(n, sides) if inner else n
                x0 = x1


@jit
def _shape_rows(lo: int, hi: int, sums: Any, w: int, out: Any) -> None:
    """Add the strips up, relative to the region's first pixel, and turn sums into moments."""
    for i in range(lo, hi):
        n, sy, sx, syy, sxx, syx, edge, first = 0, 0, 0, 0, 0, 0, 0, 0
        for strip in range(len(sums)):
            part = sums[strip, i]
            m = part[_COUNT]
            if m == 0:
                continue
            first = part[_FIRST] if n == 0 else first
            dy, dx = part[_FIRST] // w - first // w, part[_FIRST] % w - first % w
            syy += part[_YY] + 2 * dy * part[_Y] + m * dy * dy
            sxx += part[_XX] + 2 * dx * part[_X] + m * dx * dx
            syx += part[_YX] + dy * part[_X] + dx * part[_Y] + m * dy * dx
            sy += part[_Y] + m * dy
            sx += part[_X] + m * dx
            n += m
            edge += part[_EDGE]
        my, mx = sy / n, sx / n
        out[i, 0] = n
        out[i, 1] = first // w + my
        out[i, 2] = first % w + mx
        out[i, 3] = max(0.0, syy / n - my * my)
        out[i, 4] = max(0.0, sxx / n - mx * mx)
        out[i, 5] = syx / n - my * mx
        out[i, 6] = edge / n


@jit
def _mean_strips(
    lo: int, hi: int, labels: Any, rows: int, strips: int, ptr: Any, image: Any, sums: Any
) -> None:
    """Pixels, a first colour and the sum of differences from it, of every region in each strip."""
    h, w = labels.shape[1], labels.shape[2]
    channels = image.shape[1]
    for unit in range(lo, hi):
        b, strip = unit // strips, unit % strips
        mine = sums[strip, ptr[b] : ptr[b + 1]]
        for i in range(len(mine)):
            mine[i, 0] = 0.0
        for y in range(strip * rows, min(h, (strip + 1) * rows)):
            row = labels[b, y]
            x0 = 0
            while x0 < w:
                label, x1 = row[x0], run_end(row, x0, w)
                if label >= 0:
                    region = mine[label]
                    fresh = region[0] == 0.0
                    region[0] += x1 - x0
                    for c in range(channels):
                        line = image[b, c, y]
                        if fresh:
                            region[1 + c], region[1 + channels + c] = line[x0], 0.0
                        base, total = region[1 + c], 0.0
                        for x in range(x0, x1):
                            total += line[x] - base
                        region[1 + channels + c] += total
                x0 = x1


@jit
def _mean_rows(lo: int, hi: int, sums: Any, table: Any, at: int) -> None:
    channels = (sums.shape[2] - 1) // 2
    for i in range(lo, hi):
        for c in range(channels):
            n, base, total = 0.0, 0.0, 0.0
            for strip in range(len(sums)):
                part = sums[strip, i]
                if part[0] > 0.0:
                    base = part[1 + c] if n == 0.0 else base
                    total += part[1 + channels + c] + part[0] * (part[1 + c] - base)
                    n += part[0]
            table[i, at + c] = base + total / n


def _strips(regions: Regions) -> tuple[Any, int, int]:
    """Labels, rows per strip, and strips per image: few enough that their sums stay small."""
    labels = regions.labels.contiguous().numpy()
    images, h, w = labels.shape
    pixels, most = h * w, regions.num_regions // max(1, images)
    strips = max(1, min(pixels // _STRIP, pixels // (8 * max(1, most)), h))
    rows = -(-h // strips)
    return labels, rows, -(-h // rows)


def _sum_strips(kernel: Any, regions: Regions, columns: int, dtype: Any, *args: Any) -> Any:
    labels, rows, strips = _strips(regions)
    sums = scratch("regions sums", (strips, regions.num_regions, columns), dtype)
    grain = max(1, _GRAIN // (rows * labels.shape[2]))
    ptr = regions.ptr.numpy()
    for_rows(kernel, len(labels) * strips, labels, rows, strips, ptr, *args, sums, grain=grain)
    return sums


def region_shape(regions: Regions) -> dict[str, Tensor]:
    """See :func:`graphvision.kernels.regions.region_shape`."""
    out = torch.empty(regions.num_regions, 7, dtype=torch.float64)
    sums = _sum_strips(_shape_strips, regions, 8, np.int64)
    for_rows(_shape_rows, len(out), sums, regions.size[1], out.numpy(), grain=512)
    names = ("area", "centroid", "second_moments", "border_contact")
    return dict(zip(names, out.split([1, 2, 3, 1], 1), strict=True))


def region_means(image: Tensor, regions: Regions, out: Columns) -> None:
    """The ``"mean"`` of :func:`graphvision.kernels.regions.region_colours` alone."""
    pixels = image.detach().contiguous().numpy()
    sums = _sum_strips(_mean_strips, regions, 1 + 2 * image.shape[1], np.float64, pixels)
    table, at = out.table.numpy(), out.start["mean"]
    for_rows(_mean_rows, regions.num_regions, sums, table, at, grain=512)
