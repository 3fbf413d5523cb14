import pytest
import torch

from graphvision.kernels.slic import slic


def smooth(*shape):
    generator = torch.Generator().manual_seed(shape[1])
    noise = torch.rand(*shape, generator=generator, dtype=torch.float64)
    return torch.nn.functional.avg_pool2d(noise, 3, 1, 1)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_matches_reference(channels, exact, masked):
    image = smooth(2, channels, 11, 17)
    generator = torch.Generator().manual_seed(5)
    mask = torch.rand(2, 11, 17, generator=generator) > 0.15 if masked else None
    got, want = (
        slic(image, 12, exact=exact, mask=mask, max_iter=3, backend=b)
        for b in ("triton", "reference")
    )
    assert torch.equal(got, want)


def test_float32():
    image = smooth(2, 3, 16, 30).float()
    got, want = (slic(image, 15, max_iter=2, backend=b) for b in ("triton", "reference"))
    assert (got == want).float().mean() > 0.99  # a tie may fall to the other side


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 7)])
def test_edge_cases(shape):
    flat = torch.full((1, 2, *shape), 0.3)
    pixels = shape[0] * shape[1]
    for n in sorted({1, max(1, pixels // 10), pixels}):
        got, want = (
            slic(flat, n, exact=True, max_iter=2, backend=b) for b in ("triton", "reference")
        )
        assert torch.equal(got, want)
