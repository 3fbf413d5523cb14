import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.regions import (
    Regions,
    image_slope,
    region_colours,
    region_gradients,
    region_layout,
    region_shape,
)

BACKENDS = ["reference", "numba"]


def compact(labels):
    out = torch.full_like(labels, -1)
    for b, one in enumerate(labels):
        used = one[one >= 0].unique()
        out[b][one >= 0] = torch.searchsorted(used, one[one >= 0])
    return out


@st.composite
def scenes(draw):
    b, c = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    h, w = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    most = draw(st.integers(1, 12))
    labels = torch.randint(-draw(st.integers(0, 1)), most, (b, h, w), generator=generator)
    image = torch.rand(b, c, h, w, generator=generator, dtype=torch.float64)
    if draw(st.booleans()):
        image = (image * 3).round()
    return image, compact(labels)


def brute(image, labels):
    """Every statistic of every region, by a loop over its pixels in NumPy."""
    rows = []
    for picture, one in zip(image.numpy(), labels.numpy(), strict=True):
        h, w = one.shape
        for i in range(one.max() + 1):
            y, x = np.nonzero(one == i)
            v = picture[:, y, x]
            cy, cx = y.mean(), x.mean()
            dy, dx = y - cy, x - cx
            edge = (y == 0) | (y == h - 1) | (x == 0) | (x == w - 1)
            parts = [(dy < 0) & (dx < 0), (dy < 0) & (dx >= 0), (dy >= 0) & (dx < 0)]
            parts.append((dy >= 0) & (dx >= 0))
            grey = v.mean(0)
            rows.append(
                {
                    "area": [len(y)],
                    "centroid": [cy, cx],
                    "second_moments": [(dy * dy).mean(), (dx * dx).mean(), (dy * dx).mean()],
                    "border_contact": [edge.mean()],
                    "mean": v.mean(1),
                    "std": v.std(1),
                    "min": v.min(1),
                    "max": v.max(1),
                    "quadrants": np.concatenate(
                        [v[:, m].mean(1) if m.any() else v.mean(1) for m in parts]
                    ),
                    "intensity_shift": [(grey * dy).mean(), (grey * dx).mean()],
                }
            )
    return {k: torch.tensor(np.array([r[k] for r in rows])) for k in rows[0]} if rows else {}


def all_tables(image, regions):
    shape = region_shape(regions)
    slope = image_slope(image, regions)
    return {
        **shape,
        **region_colours(image, regions),
        **region_gradients(slope, regions),
        **region_layout(image, regions, shape["centroid"]),
    }


@pytest.mark.parametrize("backend", BACKENDS)
@given(scene=scenes())
def test_matches_oracle(backend, scene):
    image, labels = scene
    tables = all_tables(image, Regions(labels, backend))
    for name, expected in brute(image, labels).items():
        torch.testing.assert_close(tables[name].double(), expected.double(), rtol=1e-12, atol=2e-8)
        if name != "std":  # a square root turns 1e-16 into 1e-8
            torch.testing.assert_close(tables[name], expected.to(tables[name]), rtol=0, atol=1e-12)


@given(scene=scenes())
def test_backends_agree(scene):
    image, labels = scene
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
        slow = all_tables(image.to(dtype), Regions(labels, "reference"))
        fast = all_tables(image.to(dtype), Regions(labels, "numba"))
        for name in slow:
            scale = slow[name].abs().max() if slow[name].numel() else 0
            squared = 2 if name == "std" else 1
            error = (slow[name] - fast[name]).double().abs().pow(squared)
            assert slow[name].dtype == fast[name].dtype
            assert (error <= tolerance * max(scale, 1e-300) + tolerance).all(), name


@pytest.mark.parametrize("backend", BACKENDS)
@given(scene=scenes())
def test_slope_is_numpy_gradient(backend, scene):
    image, _ = scene
    regions = Regions(torch.zeros(len(image), *image.shape[2:], dtype=torch.int64), backend)
    slope = image_slope(image, regions)
    for b in range(len(image)):
        for axis in range(2):
            expected = torch.zeros(image.shape[2:], dtype=image.dtype)
            if image.shape[2 + axis] > 1:
                expected = torch.tensor(np.gradient(image[b].mean(0).numpy(), axis=axis))
            torch.testing.assert_close(slope[b, axis], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
@given(scene=scenes())
def test_ignored_pixels_change_nothing(backend, scene):
    image, labels = scene
    changed = torch.where((labels < 0).unsqueeze(1), image + 100.0, image)
    a = all_tables(image, Regions(labels, backend))
    b = all_tables(changed, Regions(labels, backend))
    for name in a:
        assert torch.equal(a[name], b[name]), name


@pytest.mark.parametrize("backend", BACKENDS)
def test_orientation_is_lossless(backend):
    image = torch.rand(2, 3, 9, 11, dtype=torch.float64)
    regions = Regions(torch.randint(0, 4, (2, 9, 11)), backend)
    table = region_gradients(image_slope(image, regions), regions)
    angle = torch.arange(8, dtype=torch.float64) * torch.pi / 4
    units = torch.stack([angle.sin(), angle.cos()], 1)
    torch.testing.assert_close(table["orientation"] @ units, table["gradient"])
    assert (table["orientation"] >= 0).all()


def test_gradients():
    image = torch.rand(2, 2, 5, 6, dtype=torch.float64, requires_grad=True)
    labels = compact(torch.randint(-1, 4, (2, 5, 6)))

    def smooth(image):
        tables = all_tables(image, Regions(labels))
        return [t for t in tables.values() if t.requires_grad]

    assert len(smooth(image)) == 8
    assert torch.autograd.gradcheck(smooth, (image,))


def test_flat_regions_have_finite_gradients():
    image = torch.ones(1, 1, 4, 4, requires_grad=True)
    tables = all_tables(image, Regions(torch.zeros(1, 4, 4, dtype=torch.int64)))
    sum(t.sum() for t in tables.values() if t.requires_grad).backward()
    assert image.grad.isfinite().all()


@given(scene=scenes())
def test_pixels_are_sorted_by_region(scene):
    _, labels = scene
    slow, fast = Regions(labels, "reference").csr, Regions(labels, "numba").csr
    assert torch.equal(slow.rowptr.long(), fast.rowptr.long())
    assert torch.equal(slow.col.long(), fast.col.long())
    assert torch.equal(Regions(labels).global_labels[fast.col.long()], fast.row)


def test_same_bits_for_any_thread_count():
    image = torch.rand(3, 3, 200, 120)
    labels = compact(
        torch.randint(0, 300, (3, 40, 24)).repeat_interleave(5, 1).repeat_interleave(5, 2)
    )
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = all_tables(image, Regions(labels, "numba"))
        torch.set_num_threads(3)
        three = all_tables(image, Regions(labels, "numba"))
    finally:
        torch.set_num_threads(threads)
    for name in one:
        assert torch.equal(one[name], three[name]), name


def test_edge_cases():
    none = Regions(torch.full((2, 3, 4), -1))
    tables = all_tables(torch.rand(2, 3, 3, 4), none)
    assert none.num_regions == 0
    assert all(len(t) == 0 for t in tables.values())
    signal = Regions(torch.tensor([[0, 0, 1]]))
    assert region_shape(signal)["border_contact"].flatten().tolist() == [0.5, 1.0]


def test_errors():
    with pytest.raises(BackendUnavailable, match="float16"):
        region_colours(
            torch.rand(1, 1, 2, 2).half(), Regions(torch.zeros(1, 2, 2, dtype=torch.int64), "numba")
        )
