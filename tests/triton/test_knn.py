import pytest
import torch

from graphvision.kernels.knn import _triton, nearest_edges, radius_edges

KINDS = ("uniform", "grid", "equal", "far off", "huge", "with NaN")


def cloud(kind, channels, counts):
    generator = torch.Generator().manual_seed(channels)
    points = torch.rand(sum(counts), channels, generator=generator, dtype=torch.float64)
    if kind == "grid":
        points = (3 * points).round() / 3  # many equal distances
    elif kind == "equal":
        points = torch.ones_like(points)
    elif kind == "far off":
        points += 1e3
    elif kind == "huge":
        points *= 1e200  # distances overflow
    elif kind == "with NaN":
        points[::5] = float("nan")
    return points, torch.tensor([0, *counts]).cumsum(0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("loops", [False, True])
def test_matches_reference(kind, channels, loops):
    points, ptr = cloud(kind, channels, [0, 1, 34, 9, 0])
    got, want = (
        nearest_edges(points, ptr, 6, loops=loops, backend=b) for b in ("triton", "reference")
    )
    assert torch.equal(got, want)
    for radius in (0.0, 0.4):
        got, want = (
            radius_edges(points, ptr, radius, loops=loops, backend=b)
            for b in ("triton", "reference")
        )
        assert torch.equal(got, want)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_any_precision(dtype):
    points, ptr = cloud("uniform", 3, [70, 19])
    points = points.to(dtype)
    got, want = (nearest_edges(points, ptr, 6, backend=b) for b in ("triton", "reference"))
    assert torch.equal(got, want)
    got, want = (radius_edges(points, ptr, 0.3, backend=b) for b in ("triton", "reference"))
    assert torch.equal(got, want)


def test_edge_cases():
    none = torch.empty(0, 2)
    for ptr in (torch.tensor([0]), torch.tensor([0, 0, 0])):
        assert nearest_edges(none, ptr, 3, backend="triton").shape == (2, 0)
        assert radius_edges(none, ptr, 1.0, backend="triton").shape == (2, 0)
    bare = torch.empty(5, 0)  # all in one place
    ptr = torch.tensor([0, 5])
    got, want = (nearest_edges(bare, ptr, 2, backend=b) for b in ("triton", "reference"))
    assert torch.equal(got, want)


@pytest.mark.parametrize("k", [1, 64])
def test_many_neighbours(k):
    points, ptr = cloud("grid", 2, [70, 3])
    got, want = (nearest_edges(points, ptr, k, backend=b) for b in ("triton", "reference"))
    assert torch.equal(got, want)


def test_more_neighbours_than_registers_run_the_reference(monkeypatch):
    points, ptr = cloud("uniform", 2, [80])
    monkeypatch.setattr(_triton, "nearest", None)
    got, want = (nearest_edges(points, ptr, 65, backend=b) for b in ("triton", "reference"))
    assert torch.equal(got, want)
