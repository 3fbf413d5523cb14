import pytest
import torch

from graphvision.graphs import AdaptiveWindow, window_topology


@pytest.mark.parametrize("length", range(1, 12))
@pytest.mark.parametrize("parts", range(1, 8))
def test_reads_what_torchs_pooling_reads(length, parts):
    window = AdaptiveWindow.make(parts, dims=1)
    image = torch.eye(length, dtype=torch.float64).view(1, length, length)
    want = torch.nn.functional.adaptive_avg_pool1d(image, parts)[0]
    index, factor = window.sources((length,))[0], window.factors((length,))[0]
    got = torch.zeros(length + 1, parts, dtype=torch.float64)
    got.scatter_add_(0, torch.where(index >= 0, index, length), factor)
    torch.testing.assert_close(got[:length], want)
    middle = window.centres((length,))[0]
    assert (got[middle, torch.arange(parts)] > 0).all()


def test_edges_have_weights_and_no_taps():
    topology = window_topology((2, 3), AdaptiveWindow.make((None, 1), dims=2), 2)
    assert (topology.num_taps, topology.tap) == (0, None)
    assert topology.edge_index[0].tolist() == list(range(12))
    assert topology.weight.allclose(torch.tensor(1 / 3, dtype=torch.float64))


def test_errors(unchecked):
    for wrong in (0, (1, 2, 3), (1.5, 2)):
        with pytest.raises(ValueError, match=r"`output_size` must be 2 integers of at least 1"):
            AdaptiveWindow.make(wrong, dims=2)
