import pytest
import torch

from graphvision.kernels.stencil import bilateral_stencil, depthwise_stencil
from tests.triton.test_gather import both, close

WINDOWS = [((3, 3), 1), ((1, 5), 2), ((5, 3), 3)]


def images(channels, *shape):
    return torch.randn(*(shape or (2, 9, 13)), channels)


@pytest.mark.parametrize("channels", [1, 5, 70])
@pytest.mark.parametrize(("taps", "dilation"), WINDOWS)
def test_depthwise_matches_reference(taps, dilation, channels):
    tensors = images(channels), torch.randn(*taps, channels)
    got, want = both(
        lambda backend, *t: depthwise_stencil(*t, dilation=dilation, backend=backend), *tensors
    )
    close(got, want, 2e-5)


@pytest.mark.parametrize(("channels", "guide"), [(1, 1), (5, 3), (70, 2)])
@pytest.mark.parametrize(("taps", "dilation"), WINDOWS)
def test_bilateral_matches_reference(taps, dilation, channels, guide):
    tensors = images(channels), images(guide), torch.rand(taps) + 0.1
    options = {"sigma": 0.8, "dilation": dilation}
    got, want = both(
        lambda backend, *t: bilateral_stencil(*t, **options, backend=backend), *tensors
    )
    close(got, want, 3e-5)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float16, 4e-3), (torch.bfloat16, 4e-2)])
def test_half_precision(dtype, bound):
    x, weight = images(8), torch.randn(3, 3, 8)
    got, want = both(
        lambda backend, *t: depthwise_stencil(*t, backend=backend), x, weight, dtype=dtype
    )
    close(got, want, bound)
    got, want = both(
        lambda backend, *t: bilateral_stencil(*t, sigma=1.0, backend=backend),
        x, images(2), torch.rand(3, 3) + 0.1, dtype=dtype,
    )  # fmt: skip
    close(got, want, 2 * bound)


def test_edge_cases():
    for shape in ((0, 3, 4), (2, 0, 4), (1, 1, 1)):
        x = images(2, *shape).requires_grad_()
        weight, near = torch.ones(3, 3, 2, requires_grad=True), torch.ones(3, 3)
        out = depthwise_stencil(x, weight, backend="triton")
        torch.testing.assert_close(out, x)
        torch.testing.assert_close(bilateral_stencil(x, x, near, sigma=1.0, backend="triton"), x)
        out.sum().backward()
        assert x.grad.eq(1).all()
        assert weight.grad.isfinite().all()
    x = images(2, 1, 2, 3).requires_grad_()
    out = bilateral_stencil(x, x, torch.zeros(3, 3), sigma=1.0, backend="triton")
    out.sum().backward()
    assert not out.any()
    assert not x.grad.any()


def test_same_bits_and_any_strides():
    x, weight = images(6).requires_grad_(), torch.randn(3, 3, 6).requires_grad_()
    turned = x.detach().permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1).requires_grad_()
    runs = []
    for image in (x, x, turned):
        out = depthwise_stencil(image, weight, backend="triton")
        runs.append((out, *torch.autograd.grad(out.sin().sum(), (image, weight))))
    assert all(torch.equal(a, b) for other in runs[1:] for a, b in zip(runs[0], other, strict=True))
