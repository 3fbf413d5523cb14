"""What doesn't fit is refused by the step that it doesn't fit, or gives what torch gives."""

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

import graphvision as gv
from tests.convert.painted import check_painted, painted
from tests.kernels.csr_cases import relative
from tests.nn.painting import partition_graph, random_partition

FORMS = ({}, {"lower": False}, {"backend": "reference"})


class Net(nn.Module):
    """A valid convolution, a pooling, and a linear layer for images of 16×16."""

    def __init__(self):
        super().__init__()
        self.conv, self.pool = nn.Conv2d(3, 4, 5), nn.MaxPool2d(2)
        self.fc = nn.Linear(4 * 36, 2)

    def forward(self, image):
        return self.fc(self.pool(self.conv(image).relu()).flatten(1))


class Same(nn.Sequential):
    """Takes every size."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(4, 2),
        )


def converted(make=Net, **form):
    return gv.graphify(make().double(), torch.zeros(1, 3, 16, 16, dtype=torch.float64), **form)


def image(*shape):
    return torch.rand(*shape, dtype=torch.float64)


def graph(channels, *size):
    return partition_graph(random_partition(1, size), channels)


def notes(caught):
    return "\n".join(caught.value.__notes__)


@pytest.fixture(params=FORMS, ids=str)
def net(request):
    return converted(**request.param)


@pytest.mark.parametrize("made", [image(1, 3, 4, 6), graph(3, 4, 6)], ids=["image", "graph"])
def test_kernel_larger_than_the_image(net, made):
    with pytest.raises(ValueError, match=r"`kernel_size` \(5, 5\).* must fit.* size \(4, 6\)") as e:
        net(made)
    assert notes(e) == (
        "in step 'conv': conv (Conv2d), on (1, 3, 4, 6); the example had (1, 3, 16, 16)"
    )


@pytest.mark.parametrize("made", [image(1, 3, 5, 5), graph(3, 5, 5)], ids=["image", "graph"])
def test_pooling_larger_than_what_is_left(net, made):
    with pytest.raises(ValueError, match=r"`kernel_size` \(2, 2\).* must fit.* size \(1, 1\)") as e:
        net(made)
    assert notes(e).startswith("in step 'pool': pool (MaxPool2d), on (1, 4, 1, 1)")


def test_channels(net):
    with pytest.raises(
        ValueError, match=r"must have shape \(b, 3, h, w\).*got \(1, 4, 16, 16\)"
    ) as e:
        net(image(1, 4, 16, 16))
    assert "'conv'" in notes(e)
    with pytest.raises(ValueError, match="`x` must have 3 channels, got 4") as e:
        net(graph(4, 16, 16))
    assert "'conv'" in notes(e)


def test_axes(net):
    for shape in ((16, 16), (1, 1, 3, 16, 16)):
        with pytest.raises(ValueError, match=r"`input` must have shape .*got \(") as e:
            net(image(*shape))
        assert f"on {shape}; the example had (1, 3, 16, 16)" in notes(e)
    signal = gv.image_graph(torch.rand(3, 16), gv.Samples())
    with pytest.raises(ValueError, match=r"`size` must have 2 axes, got \(16,\)") as e:
        net(signal)
    assert "'conv'" in notes(e)


@pytest.mark.parametrize("made", [image(2, 3, 20, 20), graph(3, 20, 20)], ids=["image", "graph"])
def test_raster_of_another_size(net, made):
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as e:
        net(made)
    count = 2 if isinstance(made, torch.Tensor) else 1
    assert notes(e) == (f"in step 'fc': fc (Linear), on ({count}, 256); the example had (1, 144)")


def test_rasters_of_several_sizes(net):
    batch = Batch.from_data_list([graph(3, 16, 16), graph(3, 20, 20)])
    with pytest.raises(ValueError, match=r"images of one size .* got \[\(6, 6\), \(8, 8\)\]") as e:
        net(batch)
    assert notes(e) == "in step 'flatten': flatten"
    assert converted(Same)(batch).shape == (2, 2)


def test_nothing_is_no_image(net):
    for value in (None, [1.0], np.zeros((1, 3, 16, 16)), Data(x=torch.rand(4, 3))):
        kind = type(value).__name__
        with pytest.raises(
            ValueError, match=rf"`inputs` must be image.*\(1, 3, 16, 16\), got {kind}"
        ):
            net(value)


def test_types(net):
    whole = torch.randint(0, 256, (1, 3, 16, 16))
    made = graph(3, 16, 16)
    for dtype in (torch.uint8, torch.int64, torch.float32):
        with pytest.raises(ValueError, match=rf"`input` must .*float64, got {dtype}") as e:
            net(whole.to(dtype))
        assert "'conv'" in notes(e)
        made.x = whole.flatten()[: made.x.numel()].view_as(made.x).to(dtype)
        with pytest.raises(ValueError, match=rf"`x` must be .*float64, got {dtype}") as e:
            net(made)
        assert "'conv'" in notes(e)


def test_whole_numbers_without_weights():
    whole = torch.randint(0, 256, (1, 3, 16, 16))
    pooling = nn.Sequential(nn.MaxPool2d(2))
    assert torch.equal(gv.graphify(pooling, whole)(whole), pooling(whole))
    made = graph(3, 16, 16)
    made.x = made.x.long()
    for layer in (nn.MaxPool2d(2), nn.AvgPool2d(2)):
        with pytest.raises(ValueError, match=r"`x` must be of a floating type, got torch\.int64"):
            gv.graphify(nn.Sequential(layer), whole)(made)
        with pytest.raises(ValueError, match=r"`input` must be of a floating type"):
            gv.graphify(nn.Sequential(layer), whole, lower=False)(whole)


def test_autocast_chooses_the_type():
    cnn = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3))
    net = gv.graphify(cnn, torch.zeros(1, 3, 8, 8))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(net(torch.ones(1, 3, 8, 8)), cnn(torch.ones(1, 3, 8, 8)))
        assert net(gv.grid_graph(torch.ones(3, 8, 8))).x.isfinite().all()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_nan_passes_through(form):
    cnn = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)).double()
    net = gv.graphify(cnn, image(1, 3, 8, 8), **form)
    broken = image(2, 3, 8, 8)
    broken[1, 0, 3, 4] = torch.nan
    want = cnn(broken)
    assert want.isnan().any()
    torch.testing.assert_close(net(broken), want, equal_nan=True, rtol=1e-12, atol=1e-12)
    made = graph(3, 8, 8)
    sound = net(made).x
    made.x = made.x.clone()
    made.x[0, 0] = torch.nan
    got = net(made).x
    assert got.isnan().any()
    whole = ~got.isnan()
    torch.testing.assert_close(got[whole], sound[whole])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_one_pixel(form):
    cnn = Same().double()
    net = gv.graphify(cnn, image(1, 3, 16, 16), **form)
    given = image(2, 3, 1, 1)
    assert relative(net(given), cnn(given)) <= 1e-12
    check_painted(cnn, [graph(3, 1, 1), graph(3, 1, 1)], **form)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_no_images(form):
    cnn = Same().double()
    net = gv.graphify(cnn, image(0, 3, 16, 16), **form)
    assert net(image(0, 3, 16, 16)).shape == (0, 2)
    given = image(2, 3, 9, 9)
    assert relative(net(given), cnn(given)) <= 1e-12
    with pytest.raises(ValueError, match=r"`input` must have shape .* got \(1, 3, 0, 16\)"):
        net(image(1, 3, 0, 16))


@pytest.mark.parametrize("make", [Net, Same])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_all_pixels_ignored(form, make):
    """An image without nodes is painted as zeros, and the others of a batch are what they were."""
    cnn = make().double()
    net = gv.graphify(cnn, image(1, 3, 16, 16), **form)
    nothing = partition_graph(torch.full((16, 16), -1), 3)
    some = graph(3, 16, 16)
    out = net(Batch.from_data_list([nothing, some]))
    assert relative(out[1:], net(some)) <= 1e-12
    assert relative(out[:1], net(nothing)) <= 1e-12
    labels = torch.full((1, 16, 16), -1)
    assert relative(net(nothing), painted(cnn, torch.zeros(1, 3, 16, 16).double(), labels)) <= 1e-12


def test_examples_that_the_network_cannot_take():
    cnn = Net().double()
    with pytest.raises(ValueError, match=r"`example` .*\(1, 4, 16, 16\).*'conv': conv \(Conv2d\)"):
        gv.graphify(cnn, image(1, 4, 16, 16))
    with pytest.raises(ValueError, match=r"`example` .*\(1, 3, 20, 20\).*'fc': fc \(Linear\)"):
        gv.graphify(cnn, image(1, 3, 20, 20))
    with pytest.raises(ValueError, match=r"`example` .*\(1, 3, 4, 4\).*'conv': .*Kernel size"):
        gv.graphify(cnn, image(1, 3, 4, 4))
    with pytest.raises(ValueError, match=r"`example` must be an image.*Tensor of shape \(16, 16\)"):
        gv.graphify(cnn, image(16, 16))
    with pytest.raises(ValueError, match="3 channels, got 4"):
        gv.graphify(cnn, graph(4, 16, 16))(graph(4, 16, 16))
    assert gv.graphify(cnn, (graph(3, 16, 16),))(image(1, 3, 16, 16)).shape == (1, 2)
    assert gv.graphify(cnn, torch.zeros(1, 3, 16, 16))(image(1, 3, 16, 16)).shape == (1, 2)


def test_examples_that_a_norm_refuses():
    """A norm of one pixel refuses the example, in training only: the network is traced."""
    cnn = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1)).double()
    net = gv.graphify(cnn, image(1, 3, 3, 3))
    given = image(1, 3, 3, 3)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        net(given)
    assert torch.equal(net.eval()(given), cnn.eval()(given))
