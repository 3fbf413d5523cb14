import numpy as np
import pytest
import torch

from graphvision.kernels.pixels import unit_pixels, value_range

BACKENDS = ("reference", "numba")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_scaling_matches_oracle(backend, kind):
    values = np.arange(np.iinfo(kind).max + 1, dtype=kind).reshape(2, -1, 8)
    found = unit_pixels(torch.from_numpy(values), backend=backend)
    assert found.dtype == torch.float32
    wanted = (values.astype(np.float64) / np.iinfo(kind).max).astype(np.float32)
    assert np.array_equal(found.numpy(), wanted)
    turned = unit_pixels(torch.from_numpy(values).transpose(0, 2), backend=backend)
    assert turned.is_contiguous()
    assert np.array_equal(turned.numpy(), wanted.transpose(2, 1, 0))


def test_bools_become_zero_and_one():
    assert unit_pixels(torch.tensor([[True, False]])).tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(3, 1, 5, 7), (1, 3, 40, 41), (2, 1, 1, 1), (4, 9)])
def test_range_matches_oracle(backend, dtype, shape):
    image = torch.randn(shape, dtype=dtype)
    low, high = value_range(image, backend=backend)
    rows = image.flatten(1).numpy()
    assert low.tolist() == rows.min(1).tolist()
    assert high.tolist() == rows.max(1).tolist()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_range_of_what_is_not_finite_is_not_finite(backend, wrong):
    for place in range(0, 35, 3):
        image = torch.rand(2, 1, 5, 7)
        image[1].view(-1)[place] = wrong
        low, high = value_range(image, backend=backend)
        finite = low.isfinite() & high.isfinite()
        assert finite.tolist() == [True, False]
