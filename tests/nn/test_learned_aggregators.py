import pytest
import torch
from torch import nn
from torch_geometric.nn import aggr

from graphvision.nn import AGGREGATORS, aggregator
from tests.kernels.csr_cases import random_csr, relative


def case(width=5, positive=False):
    csr = random_csr(3)
    x = torch.randn(csr.num_sources, width, dtype=torch.float64)
    x = x.abs() + 0.1 if positive else x
    return x, csr, x[csr.col.long()]


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "std"])
def test_reductions_match_oracle(name):
    x, csr, messages = case()
    got = aggregator(name, 5)(x, csr)
    for i in range(csr.num_targets):
        rows = messages[csr.row == i]
        if len(rows):
            want = {
                "std": lambda rows: rows.std(0, correction=0),
                "max": lambda rows: rows.amax(0),
                "min": lambda rows: rows.amin(0),
            }.get(name, lambda rows: getattr(rows, name)(0))(rows)
        else:
            want = torch.zeros(5, dtype=torch.float64)
        torch.testing.assert_close(got[i], want)


def test_softmax_matches_pyg():
    x, csr, messages = case()
    ours = aggregator("softmax", 5).double()
    theirs = aggr.SoftmaxAggregation(learn=True, channels=5).double()
    with torch.no_grad():
        ours.temperature.copy_(torch.tensor([-1.0, 0.0, 0.5, 3.0, 20.0]))
        theirs.t.copy_(ours.temperature.view(theirs.t.shape))
    want = theirs(messages, csr.row, dim_size=csr.num_targets)
    assert relative(ours(x, csr), want) < 1e-12


def test_power_mean_matches_pyg():
    x, csr, messages = case(positive=True)
    ours = aggregator("power", 5).double()
    theirs = aggr.PowerMeanAggregation(learn=True, channels=5).double()
    with torch.no_grad():
        ours.power.copy_(torch.tensor([0.5, 1.0, 2.0, 3.0, 0.2]))  # PyG cuts at 100
        theirs.p.copy_(ours.power.view(theirs.p.shape))
    want = theirs(messages, csr.row, dim_size=csr.num_targets)
    heard = csr.degree > 0  # PyG starts from a small number instead of 0
    assert relative(ours(x, csr)[heard], want[heard]) < 1e-12
    assert not ours(x, csr)[~heard].any()


def test_attention_matches_pyg():
    x, csr, messages = case()
    ours = aggregator("attention", 5).double()
    theirs = aggr.AttentionalAggregation(nn.Linear(5, 1, bias=False)).double()
    theirs.load_state_dict(ours.state_dict())
    want = theirs(messages, csr.row, dim_size=csr.num_targets)
    assert relative(ours(x, csr), want) < 1e-12


def test_deepsets_matches_oracle():
    x, csr, messages = case()
    ours = aggregator("deepsets", 5).double()
    sums = [ours.before(messages[csr.row == i]).sum(0) for i in range(csr.num_targets)]
    assert relative(ours(x, csr), ours.after(torch.stack(sums))) < 1e-12


@pytest.mark.parametrize("name", list(AGGREGATORS))
def test_gradients(name):
    x, csr, _ = case(positive=True)
    layer = aggregator(name, 5).double()
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, 0.5, 2.0)
    assert torch.autograd.gradcheck(lambda x: layer(x, csr), x.requires_grad_())
    layer(x, csr).square().sum().backward()
    for parameter in layer.parameters():
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", list(AGGREGATORS))
@pytest.mark.parametrize("value", [0.0, -3.0, 1e4])
def test_edge_cases(name, value):
    """No edges, and numbers at which powers and exponents fail."""
    csr = random_csr(0, edges=0)
    layer = aggregator(name, 2)
    assert layer(torch.zeros(csr.num_sources, 2), csr).isfinite().all()
    _, csr, _ = case()
    x = torch.full((csr.num_sources, 2), value, requires_grad=True)
    out = layer(x, csr)
    out.square().sum().backward()
    assert out.isfinite().all()
    assert all(p.grad.isfinite().all() for p in [x, *layer.parameters()])


def test_softmax_of_far_apart_rows():
    """Rows whose levels differ a lot don't lose each other's shares."""
    csr = random_csr(1, num_targets=4, num_sources=2, edges=0)
    csr = type(csr)(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), 2)
    x = torch.tensor([[100.0], [1.0]])
    torch.testing.assert_close(aggregator("softmax", 1)(x, csr), x)


def test_errors():
    with pytest.raises(ValueError, match=r"`name` must be one of \['sum', .*\], got 'median'"):
        aggregator("median", 3)
