import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare, pool_case


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(150))
def test_matches_oracle(seed, form):
    torch_class, args, size = pool_case(seed)
    torch_layer = torch_class(**args)
    graph_layer = getattr(gv.nn, torch_class.__name__)(**args, **form)
    # whole numbers: ties, whose gradient goes to the first pixel of a window
    image = torch.randn(2, 3, *size, dtype=torch.float64).mul(2).round()
    compare(torch_layer, graph_layer, image, 1e-12)
    again = type(graph_layer).from_torch(torch_layer, **form)
    assert torch.equal(again(image), graph_layer(image))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("stride", "dilation", "ceil_mode"), [(1, 1, False), (2, 1, True), (2, 2, True)]
)
def test_sum_pooling_is_a_convolution_with_ones(form, stride, dilation, ceil_mode):
    image = torch.randn(2, 3, 9, 8, dtype=torch.float64)
    layer = gv.nn.SumPool2d(3, stride, 1, dilation, ceil_mode, **form)
    padded = torch.nn.functional.pad(image, (1, 8, 1, 8))
    ones = torch.ones(3, 1, 3, 3, dtype=torch.float64)
    want = torch.nn.functional.conv2d(padded, ones, stride=stride, dilation=dilation, groups=3)
    out = layer(image)
    torch.testing.assert_close(out, want[:, :, : out.shape[2], : out.shape[3]])
    signal = torch.randn(2, 3, 9, dtype=torch.float64)
    sums = gv.nn.SumPool1d(2, **form)(signal)
    torch.testing.assert_close(sums, 2 * torch.nn.functional.avg_pool1d(signal, 2))


@pytest.mark.parametrize("form", FORMS)
def test_a_window_without_a_pixel(form):
    layer = gv.nn.MaxPool1d(2, 1, 1, 3, **form)
    image = torch.rand(1, 1, 2)
    assert torch.equal(layer(image), torch.nn.MaxPool1d(2, 1, 1, 3)(image))


def test_errors():
    with pytest.raises(ValueError, match=r"`padding` must be at most half of kernel_size"):
        gv.nn.MaxPool2d(3, padding=2)
    with pytest.raises(ValueError, match=r"`divisor_override` must not be zero"):
        gv.nn.AvgPool2d(2, divisor_override=0)
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.AvgPool2d"):
        gv.nn.AvgPool2d.from_torch(torch.nn.MaxPool2d(2))
