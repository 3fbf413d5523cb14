"""Statistics of regions on the GPU: pixels sorted by region once, then one program for some rows.

The lanes of a region take turns on its pixels and are added up in one order, so the bits are the
same in every run. Colours are summed relative to the region's first pixel: a flat region has a
spread of exactly 0. Sums of coordinates are integers, relative to that pixel too: they are exact.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from graphvision.kernels._triton_pixels import plane, rows_of_pixels
from graphvision.kernels._triton_rows import edges_at, row_ends
from graphvision.kernels._triton_tiles import cdiv, launch
from graphvision.kernels.columns import Columns
from graphvision.kernels.gather import Csr
from graphvision.kernels.regions._regions import Regions

_BLOCK = 512  # pixels of a program that looks at every pixel
_SUMS = 6  # of a region: y, x, yy, xx, yx, pixels on the image border


@triton.jit
def _start(at: tl.tensor, live: tl.tensor) -> Any:
    """A finite value to sum relative to: the first one, or 0."""
    value = tl.load(at, live, 0.0).to(tl.float32)
    return tl.where(tl.abs(value) < float("inf"), value, 0.0)


@triton.jit
def _put(
    table: tl.tensor, i: tl.tensor, rows: tl.tensor, width: tl.tensor, column: tl.tensor,
    value: tl.tensor,
) -> None:  # fmt: skip
    """Write one column of the rows i."""
    tl.store(table + i.to(tl.int64) * width + column, value, i < rows)


@triton.jit(do_not_specialize=["rows", "high", "wide"])
def _shape_rows(
    rowptr: tl.tensor, col: tl.tensor, sums: tl.tensor, rows: tl.tensor, high: tl.tensor,
    wide: tl.tensor, WIDTH: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    start = tl.load(col + first, last > first, 0)
    y0, x0 = (start // wide % high)[:, None], (start % wide)[:, None]
    sy = tl.zeros((M, L), tl.int64)
    sx, syy, sxx, syx, edge = sy, sy, sy, sy, sy
    for step in range(0, tl.max(last - first), L):
        e, live = edges_at(first, last, step, L)
        p = tl.load(col + e, live, 0)
        y, x = p // wide % high, p % wide
        rim = (y == 0) | (y == high - 1) | (x == 0) | (x == wide - 1)
        edge += (live & rim).to(tl.int64)
        dy = tl.where(live, y - y0, 0).to(tl.int64)
        dx = tl.where(live, x - x0, 0).to(tl.int64)
        sy += dy
        sx += dx
        syy += dy * dy
        sxx += dx * dx
        syx += dy * dx
    _put(sums, i, rows, WIDTH, 0, tl.sum(sy, 1))
    _put(sums, i, rows, WIDTH, 1, tl.sum(sx, 1))
    _put(sums, i, rows, WIDTH, 2, tl.sum(syy, 1))
    _put(sums, i, rows, WIDTH, 3, tl.sum(sxx, 1))
    _put(sums, i, rows, WIDTH, 4, tl.sum(syx, 1))
    _put(sums, i, rows, WIDTH, 5, tl.sum(edge, 1))


@triton.jit(do_not_specialize=["rows", "area", "width", "mean_at", "std_at", "min_at", "max_at"])
def _colour_rows(
    image: tl.tensor, rowptr: tl.tensor, col: tl.tensor, table: tl.tensor, rows: tl.tensor,
    area: tl.tensor, width: tl.tensor, mean_at: tl.tensor, std_at: tl.tensor, min_at: tl.tensor,
    max_at: tl.tensor, C: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    c = tl.program_id(1)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    longest, count = tl.max(last - first), tl.maximum(last - first, 1).to(tl.float32)
    start = tl.load(col + first, last > first, 0)
    channel = plane(image, start, c, area, C)
    base = _start(channel + start, last > first)
    total = tl.zeros((M, L), tl.float32)
    low = tl.full((M, L), float("inf"), tl.float32)
    top = tl.full((M, L), float("-inf"), tl.float32)
    strange = tl.zeros((M, L), tl.int32)
    for step in range(0, longest, L):
        e, live = edges_at(first, last, step, L)
        v = tl.load(channel[:, None] + tl.load(col + e, live, 0), live, 0.0).to(tl.float32)
        total += tl.where(live, v - base[:, None], 0.0)
        low = tl.where(live & (v < low), v, low)
        top = tl.where(live & (v > top), v, top)
        strange |= (live & (v != v)).to(tl.int32)
    mean = tl.sum(total, 1) / count
    if std_at >= 0:
        squares = tl.zeros((M, L), tl.float32)
        for step in range(0, longest, L):
            e, live = edges_at(first, last, step, L)
            v = tl.load(channel[:, None] + tl.load(col + e, live, 0), live, 0.0).to(tl.float32)
            apart = tl.where(live, v - base[:, None] - mean[:, None], 0.0)
            squares += apart * apart
        _put(table, i, rows, width, std_at + c, tl.sqrt_rn(tl.sum(squares, 1) / count))
    nan = tl.max(strange, 1) > 0
    if mean_at >= 0:
        _put(table, i, rows, width, mean_at + c, base + mean)
    if min_at >= 0:
        least = tl.where(nan, float("nan"), tl.min(low, 1))
        _put(table, i, rows, width, min_at + c, least)
    if max_at >= 0:
        most = tl.where(nan, float("nan"), tl.max(top, 1))
        _put(table, i, rows, width, max_at + c, most)


@triton.jit
def _above_0(x: tl.tensor) -> Any:
    """The positive part, or NaN."""
    return tl.maximum(x, 0.0, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def _less(x: tl.tensor, y: tl.tensor) -> Any:
    """The smaller of two, or NaN."""
    return tl.minimum(x, y, propagate_nan=tl.PropagateNan.ALL)


@triton.jit(do_not_specialize=["rows", "area", "width", "gradient_at", "orientation_at"])
def _gradient_rows(
    slope: tl.tensor, rowptr: tl.tensor, col: tl.tensor, table: tl.tensor, rows: tl.tensor,
    area: tl.tensor, width: tl.tensor, gradient_at: tl.tensor, orientation_at: tl.tensor,
    M: tl.constexpr, L: tl.constexpr,
) -> None:  # fmt: skip
    """The mean gradient, or four of the eight directions: those from 0° or those from 45°."""
    i = tl.program_id(0) * M + tl.arange(0, M)
    part = tl.program_id(1)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    count = tl.maximum(last - first, 1).to(tl.float32)
    start = tl.load(col + first, last > first, 0)
    down, right = plane(slope, start, 0, area, 2), plane(slope, start, 1, area, 2)
    s0 = tl.zeros((M, L), tl.float32)
    s1, s2, s3 = s0, s0, s0
    for step in range(0, tl.max(last - first), L):
        e, live = edges_at(first, last, step, L)
        p = tl.load(col + e, live, 0)
        gy = tl.load(down[:, None] + p, live, 0.0).to(tl.float32)
        gx = tl.load(right[:, None] + p, live, 0.0).to(tl.float32)
        if part == 0:
            s0 += gy
            s1 += gx
        elif part == 1:
            s0 += _above_0(gx - tl.abs(gy))
            s1 += _above_0(gy - tl.abs(gx))
            s2 += _above_0(-gx - tl.abs(gy))
            s3 += _above_0(-gy - tl.abs(gx))
        else:
            s0 += _above_0(_less(gx, gy))
            s1 += _above_0(_less(-gx, gy))
            s2 += _above_0(_less(-gx, -gy))
            s3 += _above_0(_less(gx, -gy))
    m0, m1 = tl.sum(s0, 1) / count, tl.sum(s1, 1) / count
    if part == 0:
        if gradient_at >= 0:
            _put(table, i, rows, width, gradient_at, m0)
            _put(table, i, rows, width, gradient_at + 1, m1)
    elif orientation_at >= 0:
        scale = tl.where(part == 1, 1.0, 1.4142135623730951)
        at = orientation_at + part - 1
        _put(table, i, rows, width, at, m0 * scale)
        _put(table, i, rows, width, at + 2, m1 * scale)
        _put(table, i, rows, width, at + 4, tl.sum(s2, 1) / count * scale)
        _put(table, i, rows, width, at + 6, tl.sum(s3, 1) / count * scale)


@triton.jit
def _mean_or(total: tl.tensor, count: tl.tensor, instead: tl.tensor) -> Any:
    """The means of rows of lanes; ``instead`` where nothing was counted."""
    pixels = tl.sum(count, 1)
    return tl.where(pixels > 0, tl.sum(total, 1) / tl.maximum(pixels, 1.0), instead)


@triton.jit(do_not_specialize=["rows", "high", "wide", "width", "quadrants_at", "shift_at"])
def _layout_rows(
    image: tl.tensor, centroid: tl.tensor, rowptr: tl.tensor, col: tl.tensor, table: tl.tensor,
    rows: tl.tensor, high: tl.tensor, wide: tl.tensor, width: tl.tensor, quadrants_at: tl.tensor,
    shift_at: tl.tensor, C: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
) -> None:  # fmt: skip
    i = tl.program_id(0) * M + tl.arange(0, M)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    count = tl.maximum(last - first, 1).to(tl.float32)
    start = tl.load(col + first, last > first, 0)
    cy = tl.load(centroid + 2 * i, i < rows, 0.0)[:, None]
    cx = tl.load(centroid + 2 * i + 1, i < rows, 0.0)[:, None]
    shift_y = tl.zeros((M,), tl.float32)
    shift_x = shift_y
    for c in range(C):
        channel = plane(image, start, c, high * wide, C)
        base = _start(channel + start, last > first)
        zero = tl.zeros((M, L), tl.float32)
        v0, v1, v2, v3, n0, n1, n2, n3 = zero, zero, zero, zero, zero, zero, zero, zero
        vy, vx, sy, sx = zero, zero, zero, zero
        for step in range(0, tl.max(last - first), L):
            e, live = edges_at(first, last, step, L)
            p = tl.load(col + e, live, 0)
            v = tl.load(channel[:, None] + p, live, 0.0).to(tl.float32)
            v = tl.where(live, v - base[:, None], 0.0)
            y, x = (p // wide % high).to(tl.float64) - cy, (p % wide).to(tl.float64) - cx
            above, left = y < 0, x < 0
            v0 += tl.where(above & left, v, 0.0)
            v1 += tl.where(above & (x >= 0), v, 0.0)
            v2 += tl.where((y >= 0) & left, v, 0.0)
            v3 += tl.where((y >= 0) & (x >= 0), v, 0.0)
            n0 += (live & above & left).to(tl.float32)
            n1 += (live & above & (x >= 0)).to(tl.float32)
            n2 += (live & (y >= 0) & left).to(tl.float32)
            n3 += (live & (y >= 0) & (x >= 0)).to(tl.float32)
            dy, dx = tl.where(live, y, 0.0).to(tl.float32), tl.where(live, x, 0.0).to(tl.float32)
            vy += v * dy
            vx += v * dx
            sy += dy
            sx += dx
        whole = tl.sum(v0 + v1 + v2 + v3, 1) / count
        shift_y += tl.sum(vy, 1) - whole * tl.sum(sy, 1)
        shift_x += tl.sum(vx, 1) - whole * tl.sum(sx, 1)
        if quadrants_at >= 0:
            at = quadrants_at + c
            _put(table, i, rows, width, at, base + _mean_or(v0, n0, whole))
            _put(table, i, rows, width, at + C, base + _mean_or(v1, n1, whole))
            _put(table, i, rows, width, at + 2 * C, base + _mean_or(v2, n2, whole))
            _put(table, i, rows, width, at + 3 * C, base + _mean_or(v3, n3, whole))
    if shift_at >= 0:
        _put(table, i, rows, width, shift_at, shift_y / (count * C))
        _put(table, i, rows, width, shift_at + 1, shift_x / (count * C))


@triton.jit
def _grey(image: tl.tensor, p: tl.tensor, live: tl.tensor, area: tl.tensor, C: tl.constexpr) -> Any:
    """The mean of the channels; 0 where a pixel doesn't exist."""
    total = tl.zeros(p.shape, tl.float32)
    for c in range(C):
        total += tl.load(plane(image, p, c, area, C) + p, live, 0.0).to(tl.float32)
    return total / C


@triton.jit
def _slope(
    image: tl.tensor, labels: tl.tensor, p: tl.tensor, live: tl.tensor, place: tl.tensor,
    size: tl.tensor, step: tl.tensor, area: tl.tensor, C: tl.constexpr,
) -> Any:  # fmt: skip
    """The mean difference to those neighbours, ``step`` pixels away, that count."""
    used = live & (tl.load(labels + p, live, -1) >= 0)
    before, after = used & (place > 0), used & (place < size - 1)
    before &= tl.load(labels + p - step, before, -1) >= 0
    after &= tl.load(labels + p + step, after, -1) >= 0
    here = _grey(image, p, used, area, C)
    less = tl.where(before, here - _grey(image, p - step, before, area, C), 0.0)
    more = tl.where(after, _grey(image, p + step, after, area, C) - here, 0.0)
    return tl.where(before & after, (less + more) / 2, less + more)


@triton.jit(do_not_specialize=["high", "wide"])
def _slope_pixels(
    image: tl.tensor, labels: tl.tensor, out: tl.tensor, pixels: tl.tensor, high: tl.tensor,
    wide: tl.tensor, C: tl.constexpr, BLOCK: tl.constexpr,
) -> None:  # fmt: skip
    p = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    live, area = p < pixels, high * wide
    down = _slope(image, labels, p, live, p // wide % high, high, wide, area, C)
    right = _slope(image, labels, p, live, p % wide, wide, 1, area, C)
    tl.store(plane(out, p, 0, area, 2) + p, down, live)
    tl.store(plane(out, p, 1, area, 2) + p, right, live)


def region_pixels(regions: Regions) -> Csr:
    """Rows are regions, columns the pixels of each in raster order: a stable sort by region."""
    n, labels = regions.num_regions, regions.global_labels
    small = max(n, len(labels)) < 2**31
    dtype = torch.int32 if small else torch.int64
    keys, order = torch.sort(labels.to(dtype), stable=True)
    rowptr = torch.searchsorted(keys, torch.arange(n + 1, dtype=dtype, device=keys.device))
    ignored = int(rowptr[0])
    return Csr((rowptr - ignored).to(dtype), order[ignored:].to(dtype), len(labels))


def _rows(regions: Regions) -> tuple[Tensor, Tensor, int]:
    return regions.csr.rowptr, regions.csr.col, regions.num_regions


def region_shape(regions: Regions) -> dict[str, Tensor]:
    """See :func:`graphvision.kernels.regions.region_shape`."""
    rowptr, col, rows = _rows(regions)
    sums = torch.empty(rows, _SUMS, dtype=torch.int64, device=col.device)
    grid, cut = rows_of_pixels(rowptr, col, 1)
    launch(
        _shape_rows, grid, rowptr, col, sums, rows, *regions.size, WIDTH=_SUMS,
        M=cut.rows, L=cut.lanes,
    )  # fmt: skip
    area = regions.csr.degree.double().unsqueeze(1)
    count, total = area.clamp(min=1), sums.double()
    some = rowptr[:-1].clamp(max=max(0, len(col) - 1)).long()
    start = torch.where(area.flatten() > 0, col[some], 0) if len(col) else rowptr[:-1]
    high, wide = regions.size
    origin = torch.stack([start // wide % high, start % wide], 1)
    y, x = total[:, :1], total[:, 1:2]
    products = torch.cat([y * y, x * x, y * x], 1)
    moments = (count * total[:, 2:5] - products) / (count * count)
    return {
        "area": area,
        "centroid": origin + total[:, :2] / count,
        "second_moments": moments,
        "border_contact": total[:, 5:] / count,
    }


def region_colours(image: Tensor, regions: Regions, out: Columns) -> None:
    """Write the columns of :func:`graphvision.kernels.regions.region_colours` that are in out."""
    rowptr, col, rows = _rows(regions)
    (high, wide), channels = regions.size, image.shape[1]
    grid, cut = rows_of_pixels(rowptr, col, channels)
    launch(
        _colour_rows, grid, image, rowptr, col, out.table, rows, high * wide,
        out.table.shape[1], *out.at("mean", "std", "min", "max"), C=channels, M=cut.rows,
        L=cut.lanes,
    )  # fmt: skip


def region_gradients(slope: Tensor, regions: Regions, out: Columns) -> None:
    """Write the columns of :func:`graphvision.kernels.regions.region_gradients` that are in out."""
    rowptr, col, rows = _rows(regions)
    high, wide = regions.size
    grid, cut = rows_of_pixels(rowptr, col, 3)
    launch(
        _gradient_rows, grid, slope, rowptr, col, out.table, rows, high * wide,
        out.table.shape[1], *out.at("gradient", "orientation"), M=cut.rows, L=cut.lanes,
    )  # fmt: skip


def region_layout(image: Tensor, regions: Regions, centroid: Tensor, out: Columns) -> None:
    """Write the columns of :func:`graphvision.kernels.regions.region_layout` that are in out."""
    rowptr, col, rows = _rows(regions)
    grid, cut = rows_of_pixels(rowptr, col, 1)
    launch(
        _layout_rows, grid, image, centroid.double(), rowptr, col, out.table, rows,
        *regions.size, out.table.shape[1], *out.at("quadrants", "intensity_shift"),
        C=image.shape[1], M=cut.rows, L=max(1, cut.lanes // 2),
    )  # fmt: skip


def image_slope(image: Tensor, regions: Regions) -> Tensor:
    """See :func:`graphvision.kernels.regions.image_slope`."""
    out = image.new_empty(len(image), 2, *regions.size)
    pixels = regions.labels.numel()
    launch(
        _slope_pixels, (cdiv(pixels, _BLOCK),), image, regions.labels, out, pixels, *regions.size,
        C=image.shape[1], BLOCK=_BLOCK,
    )  # fmt: skip
    return out
