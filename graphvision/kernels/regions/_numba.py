"""Colours and gradients of regions on the CPU: one thread sums a region, in raster order.

So the bits do not depend on the number of threads. Sums are kept in float64.
"""

from typing import Any

import numpy as np
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.columns import Columns
from graphvision.kernels.regions._numba_strips import region_means
from graphvision.kernels.regions._regions import Regions

_GRAIN = 1 << 14  # pixels that are worth a thread


@jit
def _colour_rows(
    lo: int, hi: int, image: Any, rowptr: Any, col: Any, batch: Any, table: Any, at: Any
) -> None:
    channels, pixels = image.shape[1], image.shape[2]
    for i in range(lo, hi):
        start, stop = rowptr[i], rowptr[i + 1]
        base = batch[i] * pixels
        n = float(stop - start)
        for c in range(channels):
            plane = image[batch[i], c]
            v0 = plane[col[start] - base]
            low, high = v0, v0
            total, squares = 0.0, 0.0
            for q in range(start, stop):
                v = plane[col[q] - base]
                low = v if v < low else low
                high = v if v > high else high
                d = np.float64(v) - v0
                total += d
                squares += d * d
            mean = total / n
            if at[0] >= 0:
                table[i, at[0] + c] = v0 + mean
            if at[1] >= 0:
                table[i, at[1] + c] = np.sqrt(max(0.0, squares / n - mean * mean))
            if at[2] >= 0:
                table[i, at[2] + c] = low
            if at[3] >= 0:
                table[i, at[3] + c] = high


@jit
def _slope_rows(lo: int, hi: int, grey: Any, labels: Any, masked: bool, out: Any) -> None:
    h, w = grey.shape[1], grey.shape[2]
    for r in range(lo, hi):
        b, y = r // h, r % h
        here = grey[b, y]
        up, down = grey[b, max(y - 1, 0)], grey[b, min(y + 1, h - 1)]
        gy, gx = out[b, 0, y], out[b, 1, y]
        if masked:
            row = labels[b, y]
            above, below = labels[b, max(y - 1, 0)], labels[b, min(y + 1, h - 1)]
            for x in range(w):
                before, after = max(x - 1, 0), min(x + 1, w - 1)
                d = down[x] if below[x] >= 0 else here[x]
                u = up[x] if above[x] >= 0 else here[x]
                steps = (below[x] >= 0 and y + 1 < h) + (above[x] >= 0 and y > 0)
                gy[x] = (d - u) / max(1, steps)
                d = here[after] if row[after] >= 0 else here[x]
                u = here[before] if row[before] >= 0 else here[x]
                steps = (row[after] >= 0 and x + 1 < w) + (row[before] >= 0 and x > 0)
                gx[x] = (d - u) / max(1, steps)
            continue
        half = here.dtype.type(0.5 if 0 < y < h - 1 else 1.0)
        for x in range(w):
            gy[x] = (down[x] - up[x]) * half
        centre = here.dtype.type(0.5)
        for x in range(1, w - 1):
            gx[x] = (here[x + 1] - here[x - 1]) * centre
        gx[0] = here[min(1, w - 1)] - here[0]
        gx[w - 1] = here[w - 1] - here[max(w - 2, 0)]


@jit
def _gradient_rows(
    lo: int, hi: int, slope: Any, rowptr: Any, col: Any, batch: Any, table: Any, at: Any
) -> None:
    pixels = slope.shape[2]
    root = np.sqrt(2.0)
    for i in range(lo, hi):
        start, stop = rowptr[i], rowptr[i + 1]
        base = batch[i] * pixels
        ys, xs = slope[batch[i], 0], slope[batch[i], 1]
        sy, sx = 0.0, 0.0
        e, s, w, n = 0.0, 0.0, 0.0, 0.0
        se, sw, nw, ne = 0.0, 0.0, 0.0, 0.0
        for q in range(start, stop):
            gy = np.float64(ys[col[q] - base])
            gx = np.float64(xs[col[q] - base])
            sy += gy
            sx += gx
            ay, ax = abs(gy), abs(gx)
            e += max(0.0, gx - ay)
            w += max(0.0, -gx - ay)
            s += max(0.0, gy - ax)
            n += max(0.0, -gy - ax)
            se += max(0.0, min(gx, gy))
            sw += max(0.0, min(-gx, gy))
            nw += max(0.0, min(-gx, -gy))
            ne += max(0.0, min(gx, -gy))
        scale = 1.0 / (stop - start)
        if at[0] >= 0:
            table[i, at[0]], table[i, at[0] + 1] = sy * scale, sx * scale
        if at[1] >= 0:
            out = table[i, at[1] : at[1] + 8]
            out[0], out[2], out[4], out[6] = e * scale, s * scale, w * scale, n * scale
            scale *= root
            out[1], out[3], out[5], out[7] = se * scale, sw * scale, nw * scale, ne * scale


@jit
def _layout_rows(
    lo: int, hi: int, image: Any, w: int, most: int, rowptr: Any, col: Any, batch: Any,
    centroid: Any, table: Any, at: Any,
) -> None:  # fmt: skip
    channels, pixels = image.shape[1], image.shape[2]
    dy, dx, right = np.empty(most), np.empty(most), np.empty(most)
    sums, count = np.empty(4), np.empty(4)
    for i in range(lo, hi):
        start, n = rowptr[i], rowptr[i + 1] - rowptr[i]
        base = batch[i] * pixels
        y = (col[start] - base) // w
        left = base + y * w
        half = 0
        for k in range(n):
            while col[start + k] >= left + w:
                left += w
                y += 1
            dy[k], dx[k] = y - centroid[i, 0], col[start + k] - left - centroid[i, 1]
            right[k] = dx[k] >= 0
            half += dy[k] < 0  # raster order: what is above comes first
        count[1], count[3] = right[:half].sum(), right[half:n].sum()
        count[0], count[2] = half - count[1], n - half - count[3]
        ty, tx = 0.0, 0.0
        for c in range(channels):
            plane = image[batch[i], c]
            v0 = np.float64(plane[col[start] - base])
            sy, sx = 0.0, 0.0
            for part in range(2):
                every, righthand = 0.0, 0.0
                for k in range(half if part else 0, n if part else half):
                    v = plane[col[start + k] - base] - v0
                    every += v
                    righthand += v * right[k]
                    sy += v * dy[k]
                    sx += v * dx[k]
                sums[2 * part], sums[2 * part + 1] = every - righthand, righthand
            ty += sy / (n * channels)
            tx += sx / (n * channels)
            mean = (sums[0] + sums[1] + sums[2] + sums[3]) / n
            for part in range(4 if at[0] >= 0 else 0):
                value = sums[part] / count[part] if count[part] > 0 else mean
                table[i, at[0] + part * channels + c] = v0 + value
        if at[1] >= 0:
            table[i, at[1]], table[i, at[1] + 1] = ty, tx


def _run(kernel: Any, regions: Regions, *args: Any) -> None:
    csr = regions.csr
    per_region = max(1, len(csr.col) // max(1, csr.num_targets))
    for_rows(kernel, csr.num_targets, *args, grain=max(1, _GRAIN // per_region))


def _rows(regions: Regions) -> tuple[Any, Any, Any]:
    return regions.csr.rowptr.numpy(), regions.csr.col.numpy(), regions.batch.numpy()


def _planes(image: Tensor) -> Any:
    return image.detach().contiguous().flatten(2).numpy()


def region_colours(image: Tensor, regions: Regions, out: Columns) -> None:
    """See :func:`graphvision.kernels.regions.region_colours`."""
    at = out.at("mean", "std", "min", "max")
    if at[1:] == (-1, -1, -1):
        region_means(image, regions, out)
        return
    arrays = (_planes(image), *_rows(regions), out.table.numpy())
    _run(_colour_rows, regions, *arrays, at)


def image_slope(image: Tensor, regions: Regions) -> Tensor:
    """See :func:`graphvision.kernels.regions.image_slope`."""
    grey = image[:, 0] if image.shape[1] == 1 else image.mean(1)
    b, h, w = grey.shape
    out = image.new_empty(b, 2, h, w)
    masked = len(regions.csr.col) < regions.labels.numel()
    arrays = (grey.detach().contiguous().numpy(), regions.labels.contiguous().numpy())
    for_rows(_slope_rows, b * h, *arrays, masked, out.numpy(), grain=max(1, 2 * _GRAIN // w))
    return out


def region_gradients(slope: Tensor, regions: Regions, out: Columns) -> None:
    """See :func:`graphvision.kernels.regions.region_gradients`."""
    at = out.at("gradient", "orientation")
    _run(_gradient_rows, regions, _planes(slope), *_rows(regions), out.table.numpy(), at)


def region_layout(image: Tensor, regions: Regions, centroid: Tensor, out: Columns) -> None:
    """See :func:`graphvision.kernels.regions.region_layout`."""
    places = centroid.double().contiguous().numpy()
    rowptr, col, batch = _rows(regions)
    most = int(np.diff(rowptr).max(initial=0))
    at = out.at("quadrants", "intensity_shift")
    arrays = (rowptr, col, batch, places, out.table.numpy(), at)
    _run(_layout_rows, regions, _planes(image), regions.size[1], most, *arrays)
