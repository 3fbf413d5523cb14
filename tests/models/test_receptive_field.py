"""What positions see, against the support of gradients."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from graphvision.models.data_flow import visits
from graphvision.models.receptive_field import PIXELS, Axis, Reads, hull


def positive(net):
    """All weights positive and no biases, so that nothing that is seen cancels out."""
    for layer in net.modules():
        if getattr(layer, "weight", None) is not None:
            nn.init.uniform_(layer.weight, 0.5, 1)
        if getattr(layer, "bias", None) is not None:
            nn.init.zeros_(layer.bias)
    return net.double().eval()


def support(net, length, position):
    """First and last sample that an output depends on."""
    signal = torch.rand(1, 1, length, dtype=torch.float64, requires_grad=True)
    net(signal)[0, :, position].sum().backward()
    found = signal.grad[0, 0].nonzero().flatten().tolist()
    return (found[0], found[-1]) if found else None


sizes = st.integers(1, 4)
convolution = st.builds(
    lambda kernel, stride, padding, dilation: nn.Conv1d(1, 1, kernel, stride, padding, dilation),
    sizes,
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(1, 3),
)
pooling = st.builds(
    lambda kernel, stride: nn.AvgPool1d(kernel, stride, padding=kernel // 2), sizes, sizes
)
transposed = st.builds(
    lambda kernel, stride, padding, dilation: nn.ConvTranspose1d(
        1, 1, kernel, stride, padding, dilation=dilation
    ),
    sizes,
    st.integers(1, 3),
    st.integers(0, 1),
    st.integers(1, 2),
)
enlarging = st.builds(
    lambda factor, mode: nn.Upsample(scale_factor=factor, mode=mode),
    st.integers(1, 3),
    st.sampled_from(["nearest", "nearest-exact", "linear"]),
)


@given(st.lists(st.one_of(convolution, pooling, transposed, enlarging), min_size=1, max_size=4))
def test_matches_oracle(layers):
    """Any chain, exactly: the interval of every position that is far from the border."""
    length = 240
    net = positive(nn.Sequential(*layers))
    found, reason = visits(net, torch.rand(1, 1, length, dtype=torch.float64))
    axis, (outputs,) = found[-1].field.axes[0], found[-1].shape[1:]
    assert reason is None
    middle = range(outputs // 2, outputs // 2 + min(len(axis.sights) + 2, 12))
    for position in middle:
        sight = axis.sight(position)
        if sight is None or (sight[0] >= 0 and sight[1] < length):
            assert support(net, length, position) == sight


class TwoPaths(nn.Module):
    """A long and a short way, of equal steps."""

    def __init__(self):
        super().__init__()
        self.long = nn.Sequential(nn.Conv1d(1, 1, 5, stride=2), nn.Conv1d(1, 1, 3, padding=1))
        self.short = nn.Conv1d(1, 1, 2, stride=2, padding=0)

    def forward(self, x):
        long, short = self.long(x), self.short(x)
        return long + short[:, :, : long.shape[2]]


def test_branches():
    net = positive(TwoPaths())
    found, _ = visits(net, torch.rand(1, 1, 60, dtype=torch.float64))
    axis = found[-1].field.axes[0]
    assert all(support(net, 60, position) == axis.sight(position) for position in range(5, 20))
    assert (axis.extent, axis.jump) == (9, 2)


@pytest.mark.parametrize(("before", "after"), [(12, 4), (12, 5), (7, 3), (5, 8), (9, 1)])
def test_adaptive_pooling(before, after):
    net = nn.Sequential(nn.AvgPool1d(2), nn.AdaptiveAvgPool1d(after))
    found, _ = visits(net, torch.rand(1, 1, 2 * before))
    axis = found[-1].field.axes[0]
    net = net.double()
    assert all(support(net, 2 * before, p) == axis.sight(p) for p in range(after))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest"])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("after", [3, 7, 11, 12])
def test_resizing(mode, corners, after):
    """To any size, on the rows of an image; interior rows, where nothing is clamped."""
    settings = {} if mode == "nearest" else {"align_corners": corners}
    net = nn.Upsample(size=(after, 4), mode=mode, **settings)
    found, _ = visits(nn.Sequential(net), torch.rand(1, 1, 8, 4))
    for row in range(after):
        image = torch.rand(1, 1, 8, 4, dtype=torch.float64, requires_grad=True)
        net(image)[0, 0, row].sum().backward()
        seen = image.grad[0, 0].abs().sum(1).gt(1e-12).nonzero().flatten()
        first, last = found[-1].field.axes[0].sight(row)
        if first >= 0 and last < 8:
            assert (first, last) == (seen[0], seen[-1])
        else:
            assert (max(first, 0), min(last, 7)) == (seen[0], seen[-1])


def test_by_hand():
    """Two poolings by 2 and a window of 3: 4 + 2·4 pixels, 4 apart."""
    pool = Reads(lambda o: range(2 * o, 2 * o + 2), 1, 2)
    axis = PIXELS.through(pool).through(pool).through(Reads(lambda o: range(o - 1, o + 2)))
    assert (axis.sight(0), axis.sight(3), axis.extent, axis.jump) == ((-4, 7), (8, 19), 12, 4)
    assert axis.whole(5).sight(99) == (-4, 23)
    assert axis.whole(5).jump == 0


def test_edge_cases():
    """Positions that nothing reaches, sums with something that saw all, and unequal steps."""
    sparse = PIXELS.through(Reads(lambda o: [o // 3] if o % 3 == 0 else [], 3, 1))
    assert [sparse.sight(i) for i in range(4)] == [(0, 0), None, None, (1, 1)]
    assert sparse.jump == Fraction(1, 3)
    assert PIXELS.joined(PIXELS.whole(9)).sight(4) == (0, 8)
    assert PIXELS.whole(4).joined(PIXELS.whole(9)).sight(4) == (0, 8)
    coarse = Axis(((-2, 4),), 2)
    assert (coarse.joined(PIXELS).extent, coarse.joined(PIXELS).jump) == (7, 1)
    assert hull([None]) is None
    assert Axis((None,), 1).extent == 0
