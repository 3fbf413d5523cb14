"""Functional layers against the modules of the same name, and against painted images."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.nn.ran import noting_what_runs
from tests.kernels.csr_cases import relative
from tests.nn.painting import paint, partition_graph, random_partition

SIZE = (8, 7)
FORMS = [{}, {"lower": False}, {"backend": "reference"}]


class ByFunction(nn.Module):
    """Runs the function that a module runs, with the module's own settings and tensors."""

    def __init__(self, module, call):
        super().__init__()
        self.module, self.call = module, call

    def forward(self, x):
        return self.call(self.module, x, self.module.training)


def batch_norm(m, x, training):
    running = m.running_mean, m.running_var, m.weight, m.bias
    return F.batch_norm(x, *running, training or m.running_mean is None, m.momentum, m.eps)


def instance_norm(m, x, training):
    reads = training or not m.track_running_stats
    running = m.running_mean, m.running_var, m.weight, m.bias
    return F.instance_norm(x, *running, reads, momentum=m.momentum, eps=m.eps)


NORMS = {
    "batch": (lambda: nn.BatchNorm2d(4, momentum=0.3, eps=0.01), batch_norm),
    "batch, plain": (
        lambda: nn.BatchNorm2d(4, affine=False, track_running_stats=False),
        batch_norm,
    ),
    "instance": (lambda: nn.InstanceNorm2d(4, affine=True), instance_norm),
    "instance, running": (
        lambda: nn.InstanceNorm2d(4, 0.1, 0.2, affine=True, track_running_stats=True),
        instance_norm,
    ),
    "group": (
        lambda: nn.GroupNorm(2, 4, eps=0.02),
        lambda m, x, _: F.group_norm(x, 2, m.weight, m.bias, m.eps),
    ),
    "layer": (
        lambda: nn.LayerNorm([4, *SIZE], eps=0.03),
        lambda m, x, _: F.layer_norm(x, [4, *SIZE], weight=m.weight, bias=m.bias, eps=m.eps),
    ),
    "layer, of channels": (
        lambda: nn.LayerNorm(4, bias=False),
        lambda m, x, _: F.layer_norm(x, (4,), m.weight),
    ),
    "local response": (
        lambda: nn.LocalResponseNorm(3, 0.5, 0.6, 1.5),
        lambda m, x, _: F.local_response_norm(x, 3, 0.5, 0.6, k=1.5),
    ),
}
DROPOUTS = {
    "dropout": (nn.Dropout, F.dropout),
    "dropout2d": (nn.Dropout2d, F.dropout2d),
    "alpha": (nn.AlphaDropout, F.alpha_dropout),
    "feature alpha": (nn.FeatureAlphaDropout, F.feature_alpha_dropout),
}
OTHERS = {
    "softmax": (lambda: nn.Softmax(1), lambda m, x, _: F.softmax(x, dim=1)),
    "softmax, by method": (lambda: nn.Softmax(-3), lambda m, x, _: x.softmax(1)),
    "log softmax": (lambda: nn.LogSoftmax(1), lambda m, x, _: F.log_softmax(x, 1)),
    "softmin": (lambda: nn.Softmin(1), lambda m, x, _: F.softmin(x, 1)),
}


def batch_of(channels=4):
    graphs = [partition_graph(random_partition(s, SIZE), channels, s) for s in (1, 2, 3)]
    return graphs, Batch.from_data_list(graphs)


def randomized(module):
    """Parameters and running statistics that are no ones and zeros."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            tensor.data.uniform_(0.5, 1.5)
    return module


def outcome(network, given, leaf):
    """Output, all gradients and buffers, with the same random numbers each time."""
    torch.manual_seed(3)
    out = network(given)
    out = out.x if isinstance(out, gv.ImageGraph) else out
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
    leaves = [leaf, *network.parameters()]
    grads = torch.autograd.grad((out * weight).sum(), leaves, allow_unused=True)
    buffers = [b for n, b in network.named_buffers() if "num_batches" not in n]
    return [out, *grads, *buffers]


def check(cases, training, options, *, on_images=True):
    """The network that calls the function equals the one that holds the module."""
    make, call = cases
    modules = [randomized(make().double()).train(training) for _ in range(2)]
    modules[1].load_state_dict(modules[0].state_dict())
    example = torch.rand(2, 4, *SIZE, dtype=torch.float64)
    image = example.clone().requires_grad_()
    function = ByFunction(modules[1], call).train(training)
    example = example if on_images else batch_of()[1]
    nets = [gv.graphify(nn.Sequential(modules[0]), example, **options)]
    nets.append(gv.graphify(function, example, **options))
    found = [outcome(net, image, image) for net in nets] if on_images else [[], []]
    results = []
    for net in nets:
        _, batch = batch_of()
        batch.x = batch.x.detach().requires_grad_()
        results.append(outcome(net, batch, batch.x))
    for pair in (found, results):
        for module_form, function_form in zip(*pair, strict=True):
            assert (module_form is None) == (function_form is None)
            if module_form is not None:
                assert relative(function_form, module_form) <= 1e-12
    return results[1]


@pytest.mark.parametrize("options", FORMS)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", [*NORMS, *OTHERS])
def test_function_is_the_module(name, training, options):
    images = name != "layer, of channels"  # where torch normalises the last axis
    check((NORMS | OTHERS)[name], training, options, on_images=images)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", DROPOUTS)
def test_dropout_is_the_module(name, training):
    kind, function = DROPOUTS[name]
    out, *_ = check(
        (lambda: kind(0.4), lambda m, x, training: function(x, 0.4, training)), training, {}
    )
    assert torch.equal(out, batch_of()[1].x) == (not training)


def test_running_statistics_are_those_of_the_pixels():
    """Against torch on the pixels that count, as one row of an image."""
    mean, var = torch.rand(2, 4, dtype=torch.float64)
    graphs, batch = batch_of()

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", mean.clone())
            self.register_buffer("var", var.clone())

        def forward(self, x):
            return F.batch_norm(x, self.mean, self.var, training=self.training, momentum=0.3)

    net = gv.graphify(Net(), batch)
    out = net(batch)
    pixels = torch.cat([paint(g, 0.0)[:, g.assign.view(SIZE) >= 0] for g in graphs], 1)
    want = F.batch_norm(pixels[None], mean, var, training=True, momentum=0.3)
    assert relative(net.mean, mean) <= 1e-12
    assert relative(net.var, var) <= 1e-12
    node = batch.global_assign[batch.assign >= 0]
    assert relative(out.x[node].T, want[0]) <= 1e-12


class Normalized(nn.Module):
    """Lengths of 1 along the channels."""

    def forward(self, x):
        return F.normalize(x, p=3.0) + F.normalize(x, 2.0, -3) + F.normalize(x, dim=1, eps=0.7)


def test_normalize_on_every_node():
    _, batch = batch_of()
    net = gv.graphify(Normalized(), batch)
    rows = batch.x.detach().requires_grad_()
    batch.x = rows
    want = sum(x / x.norm(p, 1, keepdim=True).clamp(min=e)
               for x, p, e in [(rows, 3, 0), (rows, 2, 0), (rows, 2, 0.7)])  # fmt: skip
    out = net(batch).x
    assert relative(out, want) <= 1e-12
    weight = torch.randn_like(out)
    got, expected = (torch.autograd.grad((o * weight).sum(), rows)[0] for o in (out, want))
    assert relative(got, expected) <= 1e-12


class Attending(nn.Module):
    """Attention over the pixels of an image, with the weights of ``nn.MultiheadAttention``."""

    def __init__(self, by_function):
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3, padding=1)
        self.attend = nn.MultiheadAttention(6, 2, batch_first=True)
        self.by_function = by_function

    def forward(self, x):
        tokens = self.conv(x).flatten(2).transpose(1, 2)
        if not self.by_function:
            return self.attend(tokens, tokens, tokens, need_weights=False)[0]
        qkv = F.linear(tokens, self.attend.in_proj_weight, self.attend.in_proj_bias)
        query, key, value = qkv.chunk(3, -1)
        heads = [t.unflatten(2, (2, 3)).transpose(1, 2) for t in (query, key, value)]
        out = F.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
        return F.linear(out, self.attend.out_proj.weight, self.attend.out_proj.bias)


@pytest.mark.parametrize("options", FORMS)
def test_attention_is_the_module(options):
    torch.manual_seed(1)
    module = Attending(False).double()
    function = Attending(True).double()
    function.load_state_dict(module.state_dict())
    _, batch = batch_of()
    results = []
    for cnn in (module, function):
        net = gv.graphify(cnn, torch.rand(2, 4, *SIZE, dtype=torch.float64), **options)
        batch.x = batch.x.detach().requires_grad_()
        results.append(outcome(net, batch, batch.x))
    for got, want in zip(*results, strict=True):
        assert relative(got, want) <= 1e-12


def test_attention_runs_as_messages():
    cnn = Attending(True)
    image = torch.rand(1, 4, *SIZE)
    with noting_what_runs() as ran:
        gv.graphify(cnn, image, lower=False)(image)
    assert ran[-1].topology.num_edges == 2 * (SIZE[0] * SIZE[1]) ** 2


def test_errors():
    class Lost(nn.Module):
        def forward(self, x):
            return F.instance_norm(x, use_input_stats=False)

    graph = partition_graph(random_partition(1, SIZE), 4)
    net = gv.graphify(Lost(), graph)
    with pytest.raises(ValueError, match=r"`running_mean` must be a tensor where .* got None"):
        net(graph)
