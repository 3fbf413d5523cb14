"""Neighbours by comparing all pairs, in blocks of queries, in plain torch."""

from collections.abc import Iterator

import torch
from torch import Tensor

_BLOCK = 1 << 22  # distances held at once


def nearest_edges(points: Tensor, ptr: Tensor, k: int, *, loops: bool) -> Tensor:
    """See :func:`graphvision.kernels.knn.nearest_edges`."""
    found = [_empty(points)]
    for query, first, distance in _blocks(points, ptr, loops):
        near = distance.argsort(dim=2, stable=True)[:, :, :k]
        near = near.sort(dim=2).values
        reached = distance.gather(2, near).isfinite()
        source = (near + first.view(-1, 1, 1))[reached]
        target = (query + first.unsqueeze(1)).unsqueeze(2).expand_as(near)[reached]
        found.append(torch.stack([source, target]))
    return _sorted(torch.cat(found, 1), len(points))


def radius_edges(points: Tensor, ptr: Tensor, radius: float, *, loops: bool) -> Tensor:
    """See :func:`graphvision.kernels.knn.radius_edges`."""
    found = [_empty(points)]
    for query, first, distance in _blocks(points, ptr, loops):
        image, row, source = (distance <= radius * radius).nonzero(as_tuple=True)
        found.append(torch.stack([source + first[image], query[row] + first[image]]))
    return _sorted(torch.cat(found, 1), len(points))


def _empty(points: Tensor) -> Tensor:
    return torch.empty(2, 0, dtype=torch.int64, device=points.device)


def _blocks(points: Tensor, ptr: Tensor, loops: bool) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Query numbers, first point of each image, squared distances ``[b, q, n]`` (inf: no pair)."""
    counts = ptr.diff()
    most = int(counts.max()) if len(counts) else 0
    if most == 0:
        return
    place = torch.arange(most, device=points.device)
    real = place < counts.unsqueeze(1)
    index = (ptr[:-1].unsqueeze(1) + place).clamp(max=len(points) - 1)
    padded = points.double()[index]
    step = max(1, _BLOCK // (most * len(counts)))
    for start in range(0, most, step):
        query = place[start : start + step]
        distance = torch.zeros(len(counts), len(query), most, dtype=padded.dtype).to(points.device)
        for c in range(points.shape[1]):
            gap = padded[:, query, c].unsqueeze(2) - padded[:, :, c].unsqueeze(1)
            distance += gap * gap
        pair = real[:, query].unsqueeze(2) & real.unsqueeze(1)
        if not loops:
            pair = pair & (query.unsqueeze(1) != place)
        yield query, ptr[:-1], distance.masked_fill(~pair, float("inf"))


def _sorted(edges: Tensor, n: int) -> Tensor:
    key = (edges[1] * max(1, n) + edges[0]).sort().values
    return torch.stack([key % max(1, n), key // max(1, n)])
