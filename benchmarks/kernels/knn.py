"""k nearest neighbours, by position and by features."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from benchmarks._agree import Agreement
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import normal
from graphvision.kernels.knn import nearest_edges

TREE, MATRIX = "scipy cKDTree", "torch.cdist + topk"
APART = 1e-3  # share of edges: distances from a matrix product are rounded


def cases() -> Iterator[Case]:
    """Points in the plane, and vectors."""
    yield Case(
        "knn",
        "100,000 points in the plane, k=8",
        _points,
        [Goal(2.0, TREE, threads=1)],
        same_neighbours,
    )
    yield Case("knn", "4,096 vectors of 64, k=16", _vectors, [Goal(1.5, MATRIX)], same_neighbours)


def _points(setting: Setting) -> list[Provider]:
    k, points = 8, torch.rand(100_000, 2, generator=torch.Generator().manual_seed(0))
    flat = points.double().numpy()

    def tree() -> np.ndarray:
        found: np.ndarray = cKDTree(flat).query(flat, k + 1, workers=setting.threads)[1]
        return found

    return [
        Provider("graphvision", _ours(points, k, setting), "ours", result=lambda e: _keys(e[0], k)),
        Provider(TREE, tree, result=lambda found: _keys(_others(torch.from_numpy(found)), k)),
    ]


def _vectors(setting: Setting) -> list[Provider]:
    k, points = 16, normal(4096, 64).to(setting.device)

    def matrix() -> Tensor:
        distance = torch.cdist(points, points).fill_diagonal_(torch.inf)
        return distance.topk(k, largest=False).indices

    return [
        Provider("graphvision", _ours(points, k, setting), "ours", result=lambda e: _keys(e[0], k)),
        Provider(MATRIX, matrix, result=lambda found: _keys(found, k)),
    ]


def _ours(points: Tensor, k: int, setting: Setting) -> Any:
    there, ptr = points.to(setting.device), torch.tensor([0, len(points)], device=setting.device)
    return lambda: nearest_edges(there, ptr, k)


def _others(found: Tensor) -> Tensor:
    """Neighbours without the point itself, which is the nearest of all."""
    itself = found == torch.arange(len(found)).unsqueeze(1)
    return found[~itself].view(len(found), -1)


def _keys(found: Tensor, k: int) -> Tensor:
    """One number per edge, sorted."""
    found = found.cpu().view(-1, k).long()
    return (torch.arange(len(found)).unsqueeze(1) * len(found) + found).flatten().sort().values


def same_neighbours(results: Mapping[str, Any], trusted: str) -> Agreement:
    """Nearly all edges are the same."""
    found = Agreement(facts={"compared_with": trusted})
    for name, keys in results.items():
        if name == trusted:
            continue
        found.errors[name] = 1 - float(torch.isin(keys, results[trusted]).float().mean())
        if found.errors[name] > APART:
            found.differs[name] = f"{found.errors[name]:.2%} of its edges are not in {trusted}"
    return found
