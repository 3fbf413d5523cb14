import itertools

import pytest
import torch

from graphvision.graphs import TransposedWindow, Window


@pytest.mark.parametrize("seed", range(40))
def test_reads_are_those_of_the_convolution_turned_round(seed):
    generator = torch.Generator().manual_seed(seed)
    kernel, stride, padding, dilation = (
        int(torch.randint(lo, hi, (), generator=generator))
        for lo, hi in ((1, 5), (1, 4), (0, 3), (1, 3))
    )
    length = dilation * (kernel - 1) + 1 + int(torch.randint(0, 8, (), generator=generator))
    args = {"dims": 1, "stride": stride, "padding": padding, "dilation": dilation}
    window = Window.make(kernel, **args)
    small = window.output_size((length,))
    turned = TransposedWindow.make(kernel, **args).reaching(small, (length,))
    assert turned.output_size(small) == (length,)
    reads, back = window.sources((length,))[0], turned.sources(small)[0]
    pairs = itertools.product(range(kernel), range(small[0]))
    want = {(k, int(reads[k, q]), q) for k, q in pairs if reads[k, q] >= 0}
    pairs = itertools.product(range(kernel), range(length))
    assert {(k, p, int(back[k, p])) for k, p in pairs if back[k, p] >= 0} == want


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize(("stride", "extra"), [(1, 0), (2, 1), (3, 2), (3, 0)])
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_output_size_is_torchs(kernel, stride, extra, padding, dilation):
    window = TransposedWindow.make(
        kernel, dims=1, stride=stride, padding=padding, output_padding=extra, dilation=dilation
    )
    layer = torch.nn.ConvTranspose1d(1, 1, kernel, stride, padding, extra, dilation=dilation)
    for length in range(3, 7):
        assert window.output_size((length,)) == (layer(torch.zeros(1, 1, length)).shape[2],)


@pytest.mark.parametrize(("kernel", "padding", "extra"), [(2, 0, 0), (4, 1, 0), (3, 1, 1)])
def test_doubling_gives_each_pixel_two_by_its_side(kernel, padding, extra):
    window = TransposedWindow.make(kernel, dims=1, stride=2, padding=padding, output_padding=extra)
    assert window.centres((3,))[0].tolist() == [0, 0, 1, 1, 2, 2]


def test_offsets_point_to_what_is_read():
    window = TransposedWindow.make((3, 1), dims=2, stride=(1, 2))
    assert window.tap_offsets.tolist() == [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]
    middle = window.sources((5, 1))[0][:, 3]
    assert (middle - middle[1]).tolist() == [1, 0, -1]


def test_errors():
    with pytest.raises(ValueError, match=r"`output_padding` must be smaller than stride"):
        TransposedWindow.make(3, dims=1, stride=2, output_padding=2)
    with pytest.raises(ValueError, match=r"`padding` must leave pixels"):
        TransposedWindow.make(1, dims=1, padding=2).output_size((3,))
    with pytest.raises(ValueError, match=r"`output_size` must lie in \(5,\) to \(6,\), got \(7,\)"):
        TransposedWindow.make(3, dims=1, stride=2, padding=1).reaching((3,), (7,))
    with pytest.raises(ValueError, match=r"`size` must have 2 axes"):
        TransposedWindow.make(3, dims=2).output_size((3,))
