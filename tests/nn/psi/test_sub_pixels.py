import pytest
import torch

import graphvision as gv


def test_plan_and_refusals():
    layer = gv.nn.PixelShuffle(2)
    image = torch.rand(1, 4, 3, 3)
    assert layer.plan(layer.topology(image), image).name == "raster pixel shuffle"
    overlapping = gv.nn.window_topology((3, 3), gv.nn.TransposedWindow.make(2, dims=2))
    own = gv.nn.MessagePassing(gv.nn.psi.SubPixels(4), "sum")
    plan = own.plan(overlapping)
    assert plan.name == "reference"
    assert ("raster resampling", "the window's stride isn't its kernel") in plan.refused
    x = torch.rand(9, 4)
    image = x.T.view(1, 2, 2, 3, 3)  # by hand: channel (k_y, k_x) is moved by as much, and added
    want = torch.zeros(4, 4)
    for down in range(2):
        for across in range(2):
            want[down : down + 3, across : across + 3] += image[0, down, across]
    torch.testing.assert_close(own(x, overlapping).view(4, 4), want)


def test_errors():
    edges = torch.tensor([[0], [1]])
    layer = gv.nn.MessagePassing(gv.nn.psi.SubPixels(4), "sum")
    with pytest.raises(ValueError, match=r"`edge_attr` must be left out"):
        layer(torch.rand(2, 4), edges)
