"""The promises of SLIC, on every backend."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label as connected

from graphvision.kernels import BackendUnavailable
from graphvision.kernels._dispatch import fast
from graphvision.kernels.slic import slic

BACKENDS = ("reference", "numba")


def smooth(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(*shape, generator=generator, dtype=dtype)
    return torch.nn.functional.avg_pool2d(noise, 3, 1, 1)


def assert_promises(labels, mask, *, n, factor=0.25):
    valid = torch.ones_like(labels, dtype=torch.bool) if mask is None else mask
    assert labels.dtype == torch.int64
    for found, inside in zip(labels, valid, strict=True):
        assert torch.equal(found >= 0, inside)
        used = found[inside]
        seen = list(dict.fromkeys(used.tolist()))
        assert seen == list(range(len(seen)))
        sizes = torch.bincount(used)
        smallest = int(factor * int(inside.sum()) / n)
        islands = torch.from_numpy(connected(inside.numpy(), connectivity=1))
        for k in range(len(seen)):
            region = found == k
            assert connected(region.numpy(), connectivity=1).max() == 1
            alone = islands == islands[region][0]
            assert sizes[k] >= smallest or torch.equal(region, alone & inside)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("masked", [False, True])
def test_matches_reference(channels, exact, masked):
    image = smooth(2, channels, 21, 34, seed=channels)
    mask = torch.rand(2, 21, 34) > 0.15 if masked else None
    wanted, found = (slic(image, 40, exact=exact, mask=mask, backend=b) for b in BACKENDS)
    assert torch.equal(wanted, found)
    assert_promises(found, mask, n=40)


@given(
    height=st.integers(1, 20),
    width=st.integers(1, 37),
    channels=st.integers(1, 4),
    part=st.floats(0, 1),
    compactness=st.sampled_from([0.1, 1.0, 10.0, 100.0]),
    kind=st.sampled_from(["noise", "smooth", "flat", "steps"]),
    exact=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_promises(height, width, channels, part, compactness, kind, exact, seed):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(2, channels, height, width, generator=generator)
    if kind == "smooth":
        image = torch.nn.functional.avg_pool2d(image, 3, 1, 1)
    elif kind == "flat":
        image = image * 0 + 0.5
    elif kind == "steps":
        image = (image > 0.7).float()
    n = 1 + int(part * (height * width - 1))
    labels = slic(image, n, compactness, exact=exact)
    assert_promises(labels, None, n=n)
    if exact:
        assert (labels.flatten(1).amax(1) == n - 1).all()


@given(
    height=st.integers(1, 15),
    width=st.integers(1, 35),
    keep=st.floats(0.05, 1.0),
    part=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_promises_with_mask(height, width, keep, part, seed):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(1, 1, height, width, generator=generator)
    mask = torch.rand(1, height, width, generator=generator) < keep
    mask[0, 0, 0] = True
    n = 1 + int(part * (int(mask.sum()) - 1))
    assert_promises(slic(image, n, mask=mask), mask, n=n)
    islands = connected(mask[0].numpy(), connectivity=1).max()
    if islands <= n:
        labels = slic(image, n, mask=mask, exact=True)
        assert_promises(labels, mask, n=n)
        assert labels.max() == n - 1
    else:
        with pytest.raises(ValueError, match="islands of `mask`"):
            slic(image, n, mask=mask, exact=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (28, 28), (5, 64)])
@pytest.mark.parametrize("backend", BACKENDS)
def test_edge_cases(shape, backend):
    flat = torch.full((1, 3, *shape), 0.3)
    pixels = shape[0] * shape[1]
    for n in sorted({1, max(1, pixels // 10), pixels}):
        labels = slic(flat, n, exact=True, backend=backend)
        assert_promises(labels, None, n=n)
        assert labels.max() == n - 1


def test_empty_batch():
    assert slic(torch.rand(0, 3, 4, 5), 3).shape == (0, 4, 5)


def test_same_bits_for_any_thread_count():
    image = smooth(5, 3, 140, 150, dtype=torch.float32)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found += [slic(image, 200), slic(image, 200)]
            found.append(torch.cat([slic(one[None], 200) for one in image]))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(found[0], other) for other in found[1:])


def test_full_mask_changes_nothing():
    image = smooth(2, 3, 30, 45)
    mask = torch.ones(2, 30, 45, dtype=torch.bool)
    assert torch.equal(slic(image, 60), slic(image, 60, mask=mask))


def test_masked_pixels_do_not_matter():
    image, mask = smooth(1, 3, 30, 45), torch.rand(1, 30, 45) > 0.3
    other = torch.where(mask[:, None], image, torch.nan)
    assert torch.equal(slic(image, 30, mask=mask), slic(other, 30, mask=mask))


def test_scale_of_the_values_does_not_matter():
    image = torch.randint(0, 256, (1, 2, 20, 20)).double()
    assert torch.equal(slic(image, 20), slic(image * 4 - 8, 20))


def test_regions_follow_colours():
    image = torch.zeros(1, 1, 20, 20)
    image[..., 7:13, 7:13] = 1.0
    labels = slic(image, 16, compactness=1.0)[0]
    inner = labels[7:13, 7:13].unique()
    outer = labels[image[0, 0] == 0].unique()
    assert not set(inner.tolist()) & set(outer.tolist())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_segments": 0}, r"`n_segments` must be an integer in 1…20, got 0"),
        ({"n_segments": 21}, r"`n_segments` must be an integer in 1…20, got 21"),
        ({"compactness": 0.0}, "`compactness` must be a finite number above 0"),
        ({"max_iter": 0}, "`max_iter` must be at least 1"),
        ({"min_size_factor": 1.5}, "`min_size_factor` must be in 0…1"),
        ({"convert_lab": True}, "`convert_lab` needs an image of 3 channels, got 1"),
        ({"mask": torch.zeros(1, 4, 5, dtype=torch.bool)}, "number of valid pixels"),
        ({"mask": torch.ones(1, 5, 4, dtype=torch.bool)}, "`mask` must have shape"),
        ({"image": torch.full((1, 1, 4, 5), torch.nan)}, "must be finite"),
        ({"image": torch.full((1, 1, 4, 5), torch.inf)}, "must be finite"),
        ({"image": torch.rand(1, 0, 4, 5)}, "must have channels and pixels"),
    ],
)
def test_errors(change, message):
    arguments = {"image": torch.rand(1, 1, 4, 5), "n_segments": 4} | change
    with pytest.raises(ValueError, match=message):
        slic(arguments.pop("image"), arguments.pop("n_segments"), **arguments)


def test_unknown_backend():
    with pytest.raises(ValueError, match="`backend` of `slic` must be one of"):
        slic(torch.rand(1, 1, 4, 5), 4, backend="cuda")
    with pytest.raises(BackendUnavailable, match="needs a CPU tensor"):
        fast("slic", "numba", torch.rand(1, dtype=torch.float16))
