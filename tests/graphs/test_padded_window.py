import pytest
import torch

from graphvision.graphs import PaddedWindow


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_reads_what_torchs_padding_copies(mode):
    window = PaddedWindow.make((2, 1, 0, 3), dims=2, mode=mode)
    assert window.padding == ((0, 3), (2, 1))
    assert window.sides == (2, 1, 0, 3)
    image = torch.arange(1.0, 21).view(1, 1, 4, 5)
    torchs = "constant" if mode == "zeros" else mode
    want = torch.nn.functional.pad(image, (2, 1, 0, 3), mode=torchs)[0, 0]
    down, across = window.centres((4, 5))
    got = image[0, 0][down.clamp(min=0)][:, across.clamp(min=0)]
    outside = (down < 0)[:, None] | (across < 0)
    assert torch.equal(got.masked_fill(outside, 0), want)
    assert window.output_size((4, 5)) == tuple(want.shape)


def test_errors():
    with pytest.raises(ValueError, match=r"`mode` must be one of"):
        PaddedWindow.make(1, dims=1, mode="mirror")
    with pytest.raises(ValueError, match=r"`padding` must be 2 integers"):
        PaddedWindow.make((1, 2, 3), dims=1)
