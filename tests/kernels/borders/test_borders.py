import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from graphvision.kernels.borders import borders
from graphvision.kernels.regions import Regions, image_slope

BACKENDS = ["reference", "numba"]


@st.composite
def scenes(draw):
    b, c = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    h, w = draw(st.integers(1, 10)), draw(st.integers(1, 10))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    most, block = draw(st.integers(1, 15)), draw(st.integers(1, 3))
    labels = torch.randint(-draw(st.integers(0, 1)), most, (b, h, w), generator=generator)
    labels = labels.repeat_interleave(block, 1).repeat_interleave(block, 2)
    for b, one in enumerate(labels):
        used = one[one >= 0].unique()
        labels[b][one >= 0] = torch.searchsorted(used, one[one >= 0])
    shape = (len(labels), c, *labels.shape[1:])
    return torch.rand(shape, generator=generator, dtype=torch.float64), labels


def brute(image, labels):
    """A dictionary of borders by a loop over pixels and their right and lower neighbours."""
    found, base = {}, 0
    for picture, one in zip(image.numpy(), labels.numpy(), strict=True):
        h, w = one.shape
        for y, x in np.ndindex(h, w):
            for v, u in ((y + 1, x), (y, x + 1)):
                if v < h and u < w and one[y, x] != one[v, u] and min(one[y, x], one[v, u]) >= 0:
                    step = np.abs(picture[:, y, x] - picture[:, v, u])
                    for i, j in ((one[y, x], one[v, u]), (one[v, u], one[y, x])):
                        found.setdefault((base + i, base + j), []).append(step)
        base += one.max() + 1
    return {k: (len(v), np.mean(v, axis=0)) for k, v in sorted(found.items())}


def run(image, labels, backend="auto"):
    regions = Regions(labels, backend)
    return borders(regions, image, image_slope(image, regions))


@pytest.mark.parametrize("backend", BACKENDS)
@given(scene=scenes())
def test_matches_oracle(backend, scene):
    image, labels = scene
    found = run(image, labels, backend)
    expected = brute(image, labels)
    assert list(zip(*found.edge_index.flip(0).tolist(), strict=True)) == list(expected)
    assert found.length.tolist() == [n for n, _ in expected.values()]
    if expected:
        steps = torch.tensor(np.array([s for _, s in expected.values()]))
        torch.testing.assert_close(found.colour_step, steps, rtol=0, atol=1e-13)


@given(scene=scenes())
def test_backends_agree(scene):
    image, labels = scene
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
        slow, fast = (run(image.to(dtype), labels, backend) for backend in BACKENDS)
        assert torch.equal(slow.edge_index, fast.edge_index)
        assert torch.equal(slow.length, fast.length)
        torch.testing.assert_close(slow.colour_step, fast.colour_step, rtol=0, atol=tolerance)
        torch.testing.assert_close(slow.gradient, fast.gradient, rtol=0, atol=tolerance)


@given(scene=scenes())
def test_both_directions_have_the_same_bits(scene):
    image, labels = scene
    found = run(image.float(), labels, "numba")
    n = 10_000
    key = found.edge_index[0] * n + found.edge_index[1]
    back = key.argsort()
    assert torch.equal(found.edge_index.flip(0), found.edge_index[:, back])
    for table in (found.length, found.colour_step, found.gradient):
        assert torch.equal(table, table[back])


def test_gradient_is_the_mean_magnitude():
    image = torch.arange(6.0, dtype=torch.float64).view(1, 1, 1, 6) ** 2
    found = run(image, torch.tensor([[[0, 0, 0, 1, 1, 1]]]))
    assert found.gradient.tolist() == [[5.0], [5.0]]  # slopes 4 at x = 2 and 6 at x = 3


def test_many_neighbours():
    labels = torch.arange(400).view(1, 20, 20) + 1
    labels[:, ::2] = 0
    labels = torch.unique(labels, return_inverse=True)[1]
    image = torch.rand(1, 1, 20, 20, dtype=torch.float64)
    slow, fast = (run(image, labels, backend) for backend in BACKENDS)
    assert torch.equal(slow.edge_index, fast.edge_index)
    torch.testing.assert_close(slow.colour_step, fast.colour_step)
    assert int((fast.edge_index[1] == 0).sum()) == 200


def test_gradients():
    image = torch.rand(1, 2, 5, 6, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(30).view(1, 5, 6) // 7
    assert torch.autograd.gradcheck(lambda i: run(i, labels)[2:], (image,))


def test_flat_image_has_finite_gradients():
    image = torch.zeros(1, 1, 4, 4, requires_grad=True)
    found = run(image, torch.arange(16).view(1, 4, 4) // 4)
    (found.colour_step.sum() + found.gradient.sum()).backward()
    assert image.grad.isfinite().all()


def test_same_bits_for_any_thread_count():
    image, labels = torch.rand(5, 3, 60, 60), torch.randint(0, 9, (5, 12, 12))
    labels = labels.repeat_interleave(5, 1).repeat_interleave(5, 2)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = run(image, labels, "numba")
        torch.set_num_threads(3)
        three = run(image, labels, "numba")
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(a, b) for a, b in zip(one, three, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_channels(backend):
    image, regions = torch.rand(2, 3, 4, 5), Regions(torch.arange(20).view(1, 4, 5) // 7)
    regions = Regions(regions.labels.repeat(2, 1, 1), backend)
    slope = image_slope(image, regions)
    whole, found = (borders(regions, i, slope) for i in (image, image[:, :0]))
    assert found.colour_step.shape == (len(whole.length), 0)
    assert torch.equal(found.gradient, whole.gradient)


@pytest.mark.parametrize("backend", BACKENDS)
def test_edge_cases(backend):
    for labels in (
        torch.full((1, 2, 2), -1),
        torch.zeros(1, 1, 1).long(),
        torch.tensor([[[0, -1, 1]]]),
    ):
        found = run(torch.rand(1, 2, *labels.shape[1:]), labels, backend)
        assert found.edge_index.shape == (2, 0)
        assert found.colour_step.shape == (0, 2)
