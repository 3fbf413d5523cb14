"""Region statistics in plain torch: the meaning, on every device, differentiable in the pixels."""

import torch
from torch import Tensor

from graphvision.kernels.regions._regions import Regions

Table = dict[str, Tensor]


def region_sum(values: Tensor, regions: Regions) -> Tensor:
    """Sum pixel rows ``[p, k]`` over each region, ``[n, k]``."""
    picked = values.index_select(0, regions.csr.col.long())
    out = values.new_zeros(regions.num_regions, values.shape[1])
    return out.index_add(0, regions.csr.row, picked)


def region_mean(values: Tensor, regions: Regions) -> Tensor:
    """Mean of pixel rows ``[p, k]`` over each region, ``[n, k]``."""
    count = regions.csr.degree.clamp(min=1).to(values.dtype)
    return region_sum(values, regions) / count.unsqueeze(1)


def pixel_rows(image: Tensor) -> Tensor:
    """``[b, c, *size]`` as one row per pixel, ``[b·p, c]``."""
    return image.flatten(2).movedim(1, 2).flatten(0, 1)


def pixel_grid(regions: Regions, dtype: torch.dtype) -> Tensor:
    """Coordinates of every pixel of the batch, ``[b·p, d]``."""
    device = regions.labels.device
    axes = [torch.arange(s, dtype=dtype, device=device) for s in regions.size]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, -2)
    return grid.repeat(len(regions.labels), 1)


def region_shape(regions: Regions) -> Table:
    """See :func:`graphvision.kernels.regions.region_shape`."""
    grid = pixel_grid(regions, torch.float64)
    centroid = region_mean(grid, regions)
    centred = grid - centroid[regions.global_labels.clamp(min=0)] if len(centroid) else grid
    axes = len(regions.size)
    pairs = [(a, a) for a in range(axes)]
    pairs += [(a, b) for a in range(axes) for b in range(a + 1, axes)]
    products = torch.stack([centred[:, a] * centred[:, b] for a, b in pairs], 1)
    last = torch.tensor(regions.size, dtype=grid.dtype, device=grid.device) - 1
    edge = ((grid == 0) | (grid == last)).any(1, keepdim=True).to(grid.dtype)
    return {
        "area": regions.csr.degree.to(grid.dtype).unsqueeze(1),
        "centroid": centroid,
        "second_moments": region_mean(products, regions),
        "border_contact": region_mean(edge, regions),
    }


def region_colours(image: Tensor, regions: Regions) -> Table:
    """See :func:`graphvision.kernels.regions.region_colours`."""
    values = pixel_rows(image)
    mean = region_mean(values, regions)
    picked = values.index_select(0, regions.csr.col.long())
    row = regions.csr.row
    centred = picked - mean.index_select(0, row)
    variance = torch.zeros_like(mean).index_add(0, row, centred * centred)
    variance = variance / regions.csr.degree.clamp(min=1).to(mean.dtype).unsqueeze(1)
    flat = variance <= 0
    index = row.unsqueeze(1).expand_as(picked)

    def extreme(start: float, how: str) -> Tensor:
        out = torch.full_like(mean, start)
        return out.scatter_reduce(0, index, picked, how, include_self=True)

    return {
        "mean": mean,
        "std": variance.masked_fill(flat, 1.0).sqrt().masked_fill(flat, 0.0),
        "min": extreme(float("inf"), "amin"),
        "max": extreme(float("-inf"), "amax"),
    }


def region_gradients(slope: Tensor, regions: Regions) -> Table:
    """See :func:`graphvision.kernels.regions.region_gradients`."""
    rows = pixel_rows(slope)
    table = {"gradient": region_mean(rows, regions)}
    if rows.shape[1] == 2:
        table["orientation"] = region_mean(_directions(rows), regions)
    return table


def _directions(slope: Tensor) -> Tensor:
    """Split every gradient between the two nearest of eight directions, ``[p, 8]``."""
    gy, gx = slope[:, 0], slope[:, 1]
    right, down = gx - gy.abs(), gy - gx.abs()
    left, up = -gx - gy.abs(), -gy - gx.abs()
    corners = [torch.minimum(sx * gx, sy * gy) for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    diagonal = torch.stack(corners, 1) * 2**0.5
    axes = torch.stack([right, down, left, up], 1)
    return torch.stack([axes, diagonal], 2).flatten(1).clamp(min=0)


def region_layout(image: Tensor, regions: Regions, centroid: Tensor) -> Table:
    """See :func:`graphvision.kernels.regions.region_layout`."""
    values = pixel_rows(image)
    mean = region_mean(values, regions)
    row, col = regions.csr.row, regions.csr.col.long()
    offset = pixel_grid(regions, torch.float64)[col] - centroid.double()[row]
    quadrant = (offset[:, 0] >= 0).long() * 2 + (offset[:, 1] >= 0).long()
    slot = row * 4 + quadrant
    rows = values.index_select(0, col)
    total = values.new_zeros(4 * len(mean), values.shape[1]).index_add(0, slot, rows)
    count = torch.bincount(slot, minlength=4 * len(mean)).to(values.dtype).unsqueeze(1)
    filled = torch.where(count > 0, total / count.clamp(min=1), mean.repeat_interleave(4, 0))
    grey = (rows - mean[row]).mean(1, keepdim=True)
    shift = values.new_zeros(len(mean), 2).index_add(0, row, grey * offset.to(values.dtype))
    area = regions.csr.degree.clamp(min=1).to(values.dtype).unsqueeze(1)
    return {"quadrants": filled.view(len(mean), 4 * mean.shape[1]), "intensity_shift": shift / area}
