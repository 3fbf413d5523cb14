"""From clusters to regions: connected, large enough and, if asked, exactly n of them."""

import heapq
from collections import Counter, deque
from itertools import count

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels.slic._split import split_tree

Pixel = tuple[int, int]


def neighbours(pixel: Pixel, shape: tuple[int, ...]) -> list[Pixel]:
    y, x = pixel
    near = [(y - 1, x), (y, x - 1), (y, x + 1), (y + 1, x)]
    return [(v, u) for v, u in near if 0 <= v < shape[0] and 0 <= u < shape[1]]


def components(labels: np.ndarray) -> tuple[np.ndarray, list[list[Pixel]]]:
    """4-connected components of equal labels, in raster order of their first pixel."""
    found = np.full(labels.shape, -1, dtype=np.int64)
    members: list[list[Pixel]] = []
    for y, x in np.argwhere(labels >= 0).tolist():
        start = (y, x)
        if found[start] >= 0:
            continue
        found[start] = len(members)
        pixels, queue = [], deque([start])
        while queue:
            pixel = queue.popleft()
            pixels.append(pixel)
            for other in neighbours(pixel, labels.shape):
                if found[other] < 0 and labels[other] == labels[start]:
                    found[other] = len(members)
                    queue.append(other)
        members.append(pixels)
    return found, members


class Merger:
    """Regions that grow by taking in whole neighbours, the smallest region first."""

    def __init__(self, labels: np.ndarray, points: np.ndarray, weight: float) -> None:
        self.part, self.members = components(labels)
        scale = np.ones(len(points))
        scale[:2] = weight
        self.sums = [
            sum((scale * points[(slice(None), *p)] for p in pixels), np.zeros(len(points)))
            for pixels in self.members
        ]
        self.border: list[Counter[int]] = [Counter() for _ in self.members]
        for y, x in np.argwhere(self.part >= 0).tolist():
            start = (y, x)
            for other in neighbours(start, labels.shape):
                a, b = int(self.part[start]), int(self.part[other])
                if b >= 0 and a != b:
                    self.border[a][b] += 1
        self.alive = set(range(len(self.members)))

    def closest(self, a: int) -> int | None:
        """The neighbour with the least ``d² / border²``, the lowest number on a tie.

        ``d`` is SLIC's distance of the two means, ``border`` the number of shared pixel sides.
        """
        mean = self.sums[a] / len(self.members[a])
        scored = []
        for b, sides in self.border[a].items():
            step = self.sums[b] / len(self.members[b]) - mean
            scored.append((float(np.square(step).sum()) / sides**2, b))
        return min(scored)[1] if scored else None

    def absorb(self, a: int, b: int) -> None:
        """Region ``a`` becomes a part of region ``b``."""
        self.members[b] += self.members[a]
        self.sums[b] = self.sums[b] + self.sums[a]
        for other, sides in self.border[a].items():
            del self.border[other][a]
            if other != b:
                self.border[other][b] += sides
                self.border[b][other] += sides
        self.alive.discard(a)

    def merge(self, smallest: int, most: int | None) -> None:
        """Merge regions below ``smallest`` pixels and, if asked, until ``most`` are left.

        The smallest first; of equally small ones that which got this size first.
        """
        queue = [(len(self.members[a]), i, a) for i, a in enumerate(sorted(self.alive))]
        heapq.heapify(queue)
        arrivals = count(len(queue))
        while queue:
            size, _, a = heapq.heappop(queue)
            if a not in self.alive or size != len(self.members[a]):
                continue
            if size >= smallest and (most is None or len(self.alive) <= most):
                break
            b = self.closest(a)
            if b is not None:
                self.absorb(a, b)
                heapq.heappush(queue, (len(self.members[b]), next(arrivals), b))


def split_to(regions: list[list[Pixel]], n: int) -> list[list[Pixel]]:
    """Cut the largest region in two until there are ``n``; both halves stay connected."""
    regions = list(regions)
    queue = [(-len(pixels), i) for i, pixels in enumerate(regions)]
    heapq.heapify(queue)
    while len(regions) < n:
        _, i = heapq.heappop(queue)
        regions[i], other = split_tree(regions[i])
        regions.append(other)
        for j in (i, len(regions) - 1):
            heapq.heappush(queue, (-len(regions[j]), j))
    return regions


def connect(
    labels: Tensor, points: Tensor, *, weight: float, smallest: int, n: int | None
) -> tuple[Tensor, int]:
    """Dense labels in raster order of each region's first pixel, and how many there are."""
    merger = Merger(labels.numpy(), points.double().numpy(), weight)
    merger.merge(smallest, None)
    if n is not None:
        merger.merge(smallest, n)
    regions = sorted((merger.members[a] for a in merger.alive), key=min)
    if n is not None:
        regions = sorted(split_to(regions, n), key=min)
    out = torch.full(labels.shape, -1, dtype=torch.long)
    for i, pixels in enumerate(regions):
        y, x = torch.tensor(pixels).T
        out[y, x] = i
    return out, len(regions)
