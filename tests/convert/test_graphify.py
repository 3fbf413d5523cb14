import copy
import pickle

import pytest
import torch
from torch import nn

import graphvision as gv
from graphvision.convert import GraphNetwork, UnsupportedModule
from tests.convert.networks import Aliased, BySize, ByValue, Residual
from tests.kernels.csr_cases import relative


def seeded(make):
    torch.manual_seed(0)
    return make().double()


def images(batch=2, side=16):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, 3, side, side, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("make", [Residual, BySize, Aliased])
def test_same_bits(make, training):
    cnn = seeded(make).train(training)
    net = gv.graphify(cnn, images())
    torch.manual_seed(2)
    expected = cnn(images())
    torch.manual_seed(2)
    assert torch.equal(net(images()), expected)


@pytest.mark.parametrize("lower", [True, False])
def test_gradients(lower):
    cnn = seeded(Residual).eval()
    net = gv.graphify(cnn, images(), lower=lower)
    found = []
    for network in (net, cnn):
        image = images().requires_grad_()
        network(image).square().sum().backward()
        found.append({"image": image.grad, **{n: p.grad for n, p in network.named_parameters()}})
    mine, expected = found
    assert mine.keys() == expected.keys()
    for name in expected:
        assert relative(mine[name], expected[name]) < 1e-10, name


def test_mode_is_live():
    cnn = seeded(Residual).train()
    net = gv.graphify(cnn, images())
    assert not torch.equal(net(images()), net(images()))
    net.eval()
    assert torch.equal(net(images()), cnn.eval()(images()))
    net.blocks[0].train()
    assert not torch.equal(net(images()), net(images()))


def test_twenty_steps_stay_equal():
    cnn = seeded(Residual).eval()
    net = gv.graphify(cnn, images())
    labels = torch.tensor([1, 7])
    optimisers = [torch.optim.SGD(n.parameters(), 0.1, momentum=0.9) for n in (cnn, net)]
    for step in range(20):
        for network, optimiser in zip((cnn, net), optimisers, strict=True):
            optimiser.zero_grad()
            image = images() + 0.01 * step
            nn.functional.cross_entropy(network(image), labels).backward()
            optimiser.step()
    for name, value in cnn.state_dict().items():
        assert relative(net.state_dict()[name], value) < 1e-9, name


def test_checkpoints_load_both_ways():
    cnn, other = seeded(Residual), Residual().double()
    net = gv.graphify(other, images())
    assert list(net.state_dict()) == list(cnn.state_dict())
    net.load_state_dict(cnn.state_dict())
    other.load_state_dict(net.state_dict())
    assert torch.equal(net.eval()(images()), cnn.eval()(images()))
    assert torch.equal(other.eval()(images()), cnn(images()))


def test_the_cnn_is_not_changed():
    cnn = seeded(Residual)
    before = {n: v.clone() for n, v in cnn.state_dict().items()}
    net = gv.graphify(cnn, images())
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
    assert all(torch.equal(v, before[n]) for n, v in cnn.state_dict().items())
    assert type(cnn.stem) is nn.Conv2d
    assert "training" not in nn.Module.__dict__


def test_ungraphify():
    cnn = seeded(Residual).eval()
    net = gv.graphify(cnn, images())
    with torch.no_grad():
        net.fc.bias.add_(1)
    back = gv.ungraphify(net.to(torch.float32).to(torch.float64))
    assert type(back) is Residual
    assert type(back.stem) is nn.Conv2d
    assert not back.training
    assert torch.equal(back(images()), net(images()))
    with torch.no_grad():
        back.fc.bias.add_(1)
    assert not torch.equal(back(images()), net(images()))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies(again):
    net = gv.graphify(seeded(Residual).eval(), images())
    twin = again(net)
    assert torch.equal(twin(images()), net(images()))
    with torch.no_grad():
        twin.fc.bias.add_(1)
    assert not torch.equal(twin(images()), net(images()))


def test_shared_modules():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    cnn = nn.Sequential(conv, nn.ReLU(), conv).double()
    net = gv.graphify(cnn, images())
    assert list(net.state_dict()) == list(cnn.state_dict())
    assert net.get_submodule("0") is net.get_submodule("2")
    assert torch.equal(net(images()), cnn(images()))
    back = gv.ungraphify(net)
    assert back[0] is back[2]


def test_one_node_per_pixel_is_the_cnn():
    cnn = seeded(Residual).eval()
    net = gv.graphify(cnn, images())
    graphs = gv.grid_graph(images())
    assert relative(net(graphs), cnn(images())) < 1e-10


def test_image_graph_as_example():
    cnn = seeded(Residual).eval()
    graphs = gv.superpixel_graph(images(), n_segments=20)
    net = gv.graphify(cnn, graphs)
    assert net(graphs).shape == (2, 10)
    assert torch.equal(net(images()), cnn(images()))


def test_other_sizes():
    cnn = seeded(Residual).eval()
    net = gv.graphify(cnn, images())
    assert torch.equal(net(images(3, 21)), cnn(images(3, 21)))


def test_branch_on_the_size_is_guarded():
    net = gv.graphify(seeded(BySize), images())
    with pytest.raises(ValueError, match=r"branches that the example took.*shape\[-1\] > 8"):
        net(images(side=8))


def test_rules_of_users():
    class Twice(nn.Module):
        def forward(self, x):
            factor = 2 if float(x.sum()) > 0 else 3
            return factor * x

    cnn = nn.Sequential(Twice())
    with pytest.raises(ValueError, match=r"torch\.fx can trace.*\n.*\n.*register_rule"):
        gv.graphify(cnn, images())

    @gv.convert.register_rule(Twice)
    def convert(original, options):
        return gv.nn.Nodewise(original)

    net = gv.graphify(cnn, images())
    assert torch.equal(net(images()), 2 * images())
    graph = gv.superpixel_graph(images()[0], n_segments=9)
    assert torch.equal(net(graph).x, 2 * graph.x)


def test_what_is_unsupported_is_named_at_once():
    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.FractionalMaxPool2d(2, 2)

        def forward(self, x):
            return torch.cumsum(self.pool(x), 2)

    with pytest.raises(UnsupportedModule) as caught:
        gv.graphify(nn.Sequential(Inner(), nn.CrossMapLRN2d(3)), images())
    assert caught.value.places == [
        "0.pool: FractionalMaxPool2d",
        "0: cumsum()",
        "1: CrossMapLRN2d",
    ]
    assert "register_rule" in str(caught.value)


def test_errors():
    with pytest.raises(ValueError, match=r"test_graphify|networks\.py:\d+: return image if"):
        gv.graphify(ByValue(), images())
    with pytest.raises(ValueError, match=r"`example` must be .* got str"):
        gv.graphify(Residual(), "image.png")
    net = gv.graphify(seeded(Residual), images())
    with pytest.raises(ValueError, match="`inputs` must be 1 as in the example, got 2"):
        net(images(), images())
    with pytest.raises(ValueError, match="got a GraphNetwork"):
        gv.graphify(net, images())
    wrong = gv.superpixel_graph(torch.rand(1, 16, 16), n_segments=9)
    with pytest.raises(ValueError, match="must have 3 channels") as caught:
        gv.graphify(nn.Sequential(nn.Conv2d(3, 4, 3)), torch.zeros(1, 3, 8, 8))(wrong)
    assert "in step '_0'" in "".join(caught.value.__notes__)
    assert isinstance(net, GraphNetwork)
