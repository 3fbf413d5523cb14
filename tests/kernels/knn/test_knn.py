import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from graphvision.kernels.knn import nearest_edges, radius_edges

BACKENDS = ["reference", "numba"]


@st.composite
def clouds(draw):
    counts = draw(st.lists(st.integers(0, 12), min_size=1, max_size=4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    points = torch.rand(sum(counts), draw(st.integers(1, 4)), generator=generator).double()
    if draw(st.booleans()):
        points = (points * 3).round()  # many equal distances
    return points, torch.tensor([0, *np.cumsum(counts)])


def brute(points, ptr, keep):
    edges = []
    for first, last in zip(ptr[:-1].tolist(), ptr[1:].tolist(), strict=True):
        for i in range(first, last):
            pairs = [(((points[i] - points[j]) ** 2).sum().item(), j) for j in range(first, last)]
            edges += [(j, i) for j in sorted(j for _, j in keep(i, sorted(pairs)))]
    return torch.tensor(edges, dtype=torch.int64).view(-1, 2).t()


@pytest.mark.parametrize("backend", BACKENDS)
@given(cloud=clouds(), k=st.integers(1, 14), loops=st.booleans())
def test_nearest_matches_oracle(backend, cloud, k, loops):
    points, ptr = cloud
    expected = brute(points, ptr, lambda i, p: [q for q in p if loops or q[1] != i][:k])
    assert torch.equal(nearest_edges(points, ptr, k, loops=loops, backend=backend), expected)


@pytest.mark.parametrize("backend", BACKENDS)
@given(cloud=clouds(), radius=st.sampled_from([0.0, 0.3, 1.0, 2.0, 9.0]), loops=st.booleans())
def test_radius_matches_oracle(backend, cloud, radius, loops):
    points, ptr = cloud
    expected = brute(
        points, ptr, lambda i, p: [q for q in p if q[0] <= radius**2 and (loops or q[1] != i)]
    )
    assert torch.equal(radius_edges(points, ptr, radius, loops=loops, backend=backend), expected)


@pytest.mark.parametrize("channels", [4, 27])
@pytest.mark.parametrize("kind", ["normal", "far off", "clusters", "equal", "huge", "tiny"])
@pytest.mark.parametrize("loops", [False, True])
def test_features_are_exact(channels, kind, loops):
    points = torch.randn(150, channels, dtype=torch.float64)
    if kind == "far off":
        points += 1e8
    elif kind == "clusters":
        points = points[torch.randint(0, 5, (150,))] + 1e-9 * points
    elif kind == "equal":
        points = torch.ones_like(points)
    elif kind == "huge":
        points *= 1e60
    elif kind == "tiny":
        points *= 1e-60
    for ptr in ([0, 150], [0, 0, 1, 70, 150]):
        wanted, found = (
            nearest_edges(points, torch.tensor(ptr), 6, loops=loops, backend=b) for b in BACKENDS
        )
        assert torch.equal(wanted, found)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_uneven_positions_are_exact(axes):
    dense = torch.rand(400, axes) * 1e-3
    points = torch.cat([dense, torch.rand(30, axes) * 100, dense[:50]])
    ptr = torch.tensor([0, len(points)])
    wanted, found = (nearest_edges(points, ptr, 9, backend=b) for b in BACKENDS)
    assert torch.equal(wanted, found)


@pytest.mark.parametrize("points", [torch.rand(3000, 2), torch.rand(700, 12)])
def test_same_bits_for_any_thread_count(points):
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(nearest_edges(points, torch.tensor([0, len(points)]), 8))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_matches_scikit_learn():
    neighbors = pytest.importorskip("sklearn.neighbors")
    points = torch.rand(700, 2)
    found = nearest_edges(points, torch.tensor([0, 700]), 6)
    expected = neighbors.NearestNeighbors(n_neighbors=6).fit(points.numpy()).kneighbors()[1]
    assert torch.equal(found[0].view(700, 6), torch.tensor(np.sort(expected, 1)))


def test_reference_in_blocks(monkeypatch):
    from graphvision.kernels.knn import _reference

    points, ptr = torch.rand(30, 2), torch.tensor([0, 12, 30])
    whole = nearest_edges(points, ptr, 3, backend="reference")
    monkeypatch.setattr(_reference, "_BLOCK", 100)
    assert torch.equal(nearest_edges(points, ptr, 3, backend="reference"), whole)
