import math

import pytest
import torch

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.stencil import bilateral_stencil, depthwise_stencil


def bilateral_loop(x, guide, weight, sigma, dilation):
    out = torch.zeros_like(x)
    images, high, wide, _ = x.shape
    rows, columns = weight.shape
    for b in range(images):
        for y in range(high):
            for z in range(wide):
                total, found = 0.0, torch.zeros_like(x[0, 0, 0])
                for r in range(rows):
                    for c in range(columns):
                        v, u = y + dilation * (r - rows // 2), z + dilation * (c - columns // 2)
                        if not (0 <= v < high and 0 <= u < wide):
                            continue
                        apart = float((guide[b, y, z] - guide[b, v, u]).square().sum())
                        a = float(weight[r, c]) * math.exp(-apart / (2 * sigma**2))
                        total, found = total + a, found + a * x[b, v, u]
                out[b, y, z] = found / total
    return out


@pytest.mark.parametrize(("taps", "dilation"), [((3, 3), 1), ((1, 5), 2), ((5, 3), 3)])
def test_depthwise_is_conv2d(taps, dilation):
    x = torch.randn(2, 7, 9, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(*taps, 4, dtype=torch.float64, requires_grad=True)
    got = depthwise_stencil(x, weight, dilation=dilation)
    padding = tuple(dilation * (size // 2) for size in taps)
    want = torch.nn.functional.conv2d(
        x.permute(0, 3, 1, 2), weight.permute(2, 0, 1).unsqueeze(1), padding=padding,
        dilation=dilation, groups=4,
    ).permute(0, 2, 3, 1)  # fmt: skip
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)
    grads = [torch.autograd.grad(out.sin().sum(), (x, weight)) for out in (got, want)]
    torch.testing.assert_close(*grads, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("taps", "dilation"), [((3, 3), 1), ((1, 5), 2)])
def test_bilateral_is_a_loop(taps, dilation):
    x, guide = (torch.randn(2, 4, 6, c, dtype=torch.float64) for c in (3, 2))
    weight = torch.rand(taps, dtype=torch.float64) + 0.1
    got = bilateral_stencil(x, guide, weight, sigma=0.7, dilation=dilation)
    want = bilateral_loop(x, guide, weight, 0.7, dilation)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def test_gradients():
    x, guide = (torch.randn(1, 3, 4, 2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    near = torch.rand(3, 3, dtype=torch.float64).add(0.1).requires_grad_()
    assert torch.autograd.gradcheck(lambda *t: bilateral_stencil(*t, sigma=1.5), (x, guide, near))
    weight = torch.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *t: depthwise_stencil(*t, dilation=2), (x, weight))


def test_edge_cases():
    """No image, no pixel, one pixel; nothing to average."""
    for shape in ((0, 3, 4, 2), (2, 0, 4, 2), (1, 1, 1, 2)):
        x = torch.randn(shape)
        assert depthwise_stencil(x, torch.ones(3, 3, 2)).equal(x)
        torch.testing.assert_close(bilateral_stencil(x, x, torch.ones(3, 3), sigma=1.0), x)
    x = torch.randn(1, 2, 3, 2, requires_grad=True)
    out = bilateral_stencil(x, x, torch.zeros(3, 3), sigma=1.0)
    out.sum().backward()
    assert not out.any()
    assert not x.grad.any()


def test_errors():
    x = torch.randn(1, 4, 5, 2)
    with pytest.raises(ValueError, match=r"odd kh and kw, got \(2, 3, 2\)"):
        depthwise_stencil(x, torch.ones(2, 3, 2))
    with pytest.raises(ValueError, match=r"`weight` must have 2 channels, got 3"):
        depthwise_stencil(x, torch.ones(3, 3, 3))
    with pytest.raises(ValueError, match=r"`dilation` must be at least 1, got 0"):
        depthwise_stencil(x, torch.ones(3, 3, 2), dilation=0)
    with pytest.raises(ValueError, match=r"`guide` must have shape \(1, 4, 5, d\), got"):
        bilateral_stencil(x, x[:, 1:], torch.ones(3, 3), sigma=1.0)
    with pytest.raises(ValueError, match=r"`sigma` must be a finite number above 0, got 0.0"):
        bilateral_stencil(x, x, torch.ones(3, 3), sigma=0.0)
    with pytest.raises(BackendUnavailable, match=r"needs a CUDA tensor"):
        depthwise_stencil(x, torch.ones(3, 3, 2), backend="triton")
