import copy
import pickle

import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare, conv_case

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")  # the oracle's own


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(220))
def test_matches_oracle(seed, form):
    torch_class, args, size = conv_case(seed)
    torch_layer = torch_class(**args, dtype=torch.float64)
    graph_layer = getattr(gv.nn, torch_class.__name__).from_torch(torch_layer, **form)
    image = torch.randn(2, args["in_channels"], *size, dtype=torch.float64)
    compare(torch_layer, graph_layer, image, 1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(20))
def test_float32(seed, form):
    torch_class, args, size = conv_case(seed)
    torch_layer = torch_class(**args)
    graph_layer = getattr(gv.nn, torch_class.__name__).from_torch(torch_layer, **form)
    compare(torch_layer, graph_layer, torch.randn(2, args["in_channels"], *size), 1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_three_dimensions(form):
    torch_layer = torch.nn.Conv3d(2, 4, (3, 2, 3), (1, 2, 1), 1, groups=2, dtype=torch.float64)
    graph_layer = gv.nn.Conv3d.from_torch(torch_layer, **form)
    compare(torch_layer, graph_layer, torch.randn(1, 2, 4, 5, 4, dtype=torch.float64), 1e-12)


def test_same_parameters_from_the_same_seed():
    torch.manual_seed(5)
    ours = gv.nn.Conv2d(3, 4, 5)
    torch.manual_seed(5)
    theirs = torch.nn.Conv2d(3, 4, 5)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_lowered_keeps_the_memory_format(memory_format):
    image = torch.randn(2, 16, 8, 8).to(memory_format=memory_format)
    layer = gv.nn.Conv2d(16, 4, 3, padding=1)
    assert layer(image).is_contiguous(memory_format=memory_format)


def test_node_features_are_the_channels_last_image():
    image = torch.randn(2, 16, 8, 8).to(memory_format=torch.channels_last)
    nodes = gv.nn.layout.image_to_nodes(image)
    assert nodes.data_ptr() == image.data_ptr()
    assert gv.nn.layout.nodes_to_image(nodes, 2, (8, 8)).data_ptr() == image.data_ptr()
    layer = gv.nn.MessagePassing(gv.nn.psi.Taps(torch.randn(4, 16, 3, 3)), "sum")
    window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
    out = layer(nodes, gv.nn.window_topology((8, 8), window, 2))
    assert out.shape == (128, 4)


def test_copies_and_pickles_keep_their_own_weights():
    layer = gv.nn.Conv2d(1, 2, 3)
    image = torch.randn(1, 1, 5, 5)
    want = layer(image)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(image), want)
        with torch.no_grad():
            twin.weight.zero_()
            twin.bias.zero_()
        assert twin(image).eq(0).all()
        assert torch.equal(layer(image), want)


def test_unbatched_image():
    layer = gv.nn.Conv2d(1, 2, 3)
    image = torch.randn(1, 5, 6)
    assert torch.equal(layer(image), layer(image[None])[0])


@pytest.mark.parametrize("form", FORMS)
def test_empty_batch(form):
    assert gv.nn.Conv2d(1, 2, 3, **form)(torch.rand(0, 1, 5, 5)).shape == (0, 2, 3, 3)


def test_reads_like_a_layer_of_torch():
    layer, torch_layer = gv.nn.Conv2d(3, 8, 3, padding=1), torch.nn.Conv2d(3, 8, 3, padding=1)
    assert repr(layer) == "Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"
    for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups"):
        assert getattr(layer, name) == getattr(torch_layer, name)


def test_multiply_adds_count_the_formula():
    layer, image = gv.nn.Conv2d(3, 8, 3), torch.rand(2, 3, 6, 6)
    assert layer.multiply_adds((image,), layer(image)) == 2 * 4 * 4 * 8 * 9 * 3
    graph = gv.grid_graph(image)
    assert layer.multiply_adds((graph,), layer(graph)) == 2 * 4 * 4 * 8 * 9 * 3


def test_errors():
    with pytest.raises(ValueError, match=r"`padding` must be smaller than the image"):
        gv.nn.Conv2d(1, 1, 3, padding=4, padding_mode="reflect")(torch.rand(1, 1, 4, 4))
    layer = gv.nn.Conv2d(3, 2, 3)
    with pytest.raises(ValueError, match=r"`input` must have shape \(b, 3, h, w\)"):
        layer(torch.rand(1, 4, 8, 8))
    with pytest.raises(ValueError, match=r"`kernel_size` \(3, 3\).* must fit"):
        layer(torch.rand(1, 3, 2, 8))
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.Conv2d, got Linear"):
        gv.nn.Conv2d.from_torch(torch.nn.Linear(1, 1))
    with pytest.raises(ValueError, match=r"`input` must have shape"):
        layer(torch.rand(1, 3, 0, 8))


def test_plan_says_what_runs_and_why():
    image = torch.rand(1, 3, 6, 6)
    plan = gv.nn.Conv2d(3, 4, 3).plan(gv.nn.Conv2d(3, 4, 3).topology(image), image)
    assert (plan.name, plan.deterministic) == ("raster convolution", True)
    rows = gv.nn.Conv2d(3, 4, 3, lower=False)
    plan = rows.plan(rows.topology(image), image)
    assert plan.name == "gather per tap + matrix product"
    assert ("raster convolution", "lower=False") in plan.refused
    assert "lower=False" in str(plan)
