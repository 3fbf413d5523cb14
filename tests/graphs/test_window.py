import pytest
import torch

from graphvision.graphs import Window, window_topology


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_output_size_is_the_formula_of_the_course(kernel, stride, padding, dilation):
    window = Window.make(kernel, dims=1, stride=stride, padding=padding, dilation=dilation)
    for length in range(9, 14):
        layer = torch.nn.Conv1d(1, 1, kernel, stride, padding, dilation)
        want = layer(torch.zeros(1, 1, length)).shape[2]
        assert window.output_size((length,)) == (want,)
        if dilation == 1:
            assert want == (length - kernel + 2 * padding) // stride + 1


def test_sources_by_hand():
    window = Window.make(3, dims=1, stride=2, padding=1)
    assert window.sources((4,))[0].T.tolist() == [[-1, 0, 1], [1, 2, 3]]
    circular = Window.make(3, dims=1, stride=1, padding=1, padding_mode="circular")
    assert circular.sources((3,))[0].T.tolist() == [[2, 0, 1], [0, 1, 2], [1, 2, 0]]
    reflect = Window.make(3, dims=1, stride=1, padding=1, padding_mode="reflect")
    assert reflect.sources((3,))[0].T.tolist() == [[1, 0, 1], [0, 1, 2], [1, 2, 1]]


@pytest.mark.parametrize("include_pad", [True, False])
def test_factors_match_average_pooling_of_ones(include_pad):
    kind = "window" if include_pad else "valid"
    window = Window.make((3, 2), dims=2, stride=2, padding=1, ceil_mode=True, divisor=kind)
    pool = torch.nn.AvgPool2d((3, 2), 2, 1, True, include_pad)
    total = torch.nn.AvgPool2d((3, 2), 2, 1, True, divisor_override=1)
    ones = torch.ones(1, 1, 6, 5, dtype=torch.float64)
    down, across = (factor[0] for factor in window.factors((6, 5)))
    torch.testing.assert_close(down[:, None] * across, (pool(ones) / total(ones))[0, 0])


def test_edges_are_sorted_and_parallel_ones_are_kept():
    window = Window.make(3, dims=1, stride=1, padding=1, padding_mode="circular")
    topology = window_topology((2,), window)
    assert topology.edge_index.tolist() == [[0, 1, 1, 0, 0, 1], [0, 0, 0, 1, 1, 1]]
    assert topology.edges.tap.tolist() == [1, 0, 2, 0, 2, 1]


def test_big_rasters_are_never_expanded_unless_asked():
    topology = window_topology((4096, 4096), Window.make(3, dims=2, stride=1, padding=1), 64)
    assert topology.num_targets == 64 * 4096 * 4096
    assert "edges" not in vars(topology)


def test_errors():
    with pytest.raises(ValueError, match=r"`kernel_size` must be 2 integers of at least 1, got 0"):
        Window.make(0, dims=2)
    with pytest.raises(ValueError, match=r"`stride` must be 2 integers"):
        Window.make(3, dims=2, stride=(1, 2, 3))
    with pytest.raises(ValueError, match=r"`padding` must be integers, 'same' or 'valid'"):
        Window.make(3, dims=2, padding="full")
    with pytest.raises(ValueError, match=r"`padding='same'` needs stride 1"):
        Window.make(3, dims=2, stride=2, padding="same")
    with pytest.raises(ValueError, match=r"`padding_mode` must be one of"):
        Window.make(3, dims=2, padding_mode="mirror")
    with pytest.raises(ValueError, match=r"`size` must have 2 axes"):
        Window.make(3, dims=2).output_size((3,))
