import pytest
import torch

from graphvision.graphs import ResizeWindow


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("out", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("length", [1, 2, 5, 8])
def test_weights_are_torchs(length, out, mode, antialias, align):
    args = {"mode": mode, "align_corners": align, "antialias": antialias}
    window = ResizeWindow.make((1, out), dims=2, **args)
    image = torch.eye(length, dtype=torch.float64).view(1, length, 1, length)
    want = torch.nn.functional.interpolate(image, (1, out), **args)[0, :, 0]
    index, factor = window.sources((1, length))[1], window.factors((1, length))[1]
    got = torch.zeros(length + 1, out, dtype=torch.float64)
    got.scatter_add_(0, torch.where(index >= 0, index, length), factor)
    torch.testing.assert_close(got[:length], want, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "area"])
def test_centres_lie_nearest(mode):
    window = ResizeWindow.make(scale_factor=2, mode=mode, dims=1)
    assert window.centres((3,))[0].tolist() == [0, 0, 1, 1, 2, 2]
    half = ResizeWindow.make(scale_factor=0.5, mode=mode, dims=1)
    upper = mode == "nearest-exact"
    assert half.centres((4,))[0].tolist() == ([1, 3] if upper else [0, 2])
    ends = ResizeWindow.make(2, mode="linear", dims=1, align_corners=True)
    assert ends.centres((5,))[0].tolist() == [0, 4]
