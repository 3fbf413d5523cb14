import pytest
import torch
import torch_geometric.nn as pyg
from torch import nn

import graphvision as gv
from graphvision.nn.psi import MLP
from tests.kernels.csr_cases import relative
from tests.nn.edge_cases import attributed_graph, check_two_sets_of_nodes_and_windows

AGGREGATIONS = ["sum", "mean", "max", "min", ["mean", "max", "sum"]]


@pytest.mark.parametrize("aggr", AGGREGATIONS, ids=str)
@pytest.mark.parametrize("edge_channels", [0, 3])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Tanh])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_matches_the_reference(aggr, edge_channels, activation, dtype, bound):
    x, edge_index, attr = (t.to(dtype) if t.is_floating_point() else t for t in attributed_graph())
    x.requires_grad_()
    attr.requires_grad_()
    psi = MLP(6, 8, hidden=10, edge_channels=edge_channels, activation=activation).to(dtype)
    inputs = [x, *psi.parameters(), *([attr] if edge_channels else [])]
    results = []
    for backend in ("numba", "reference"):
        layer = gv.nn.MessagePassing(psi, aggr, backend=backend)
        out = layer(x, edge_index, attr if edge_channels else None)
        results.append((out, *torch.autograd.grad(out.square().sum(), inputs)))
    for got, want in zip(*results, strict=True):
        assert relative(got, want) <= bound


@pytest.mark.parametrize("aggr", ["sum", "mean", "max"])
def test_matches_oracle(aggr):
    x, edge_index, _ = attributed_graph()
    psi = MLP(6, 8, hidden=10).double()

    class Pairs(nn.Module):
        def forward(self, pair):
            return psi.net(torch.cat([pair[:, :6], pair[:, 6:] + pair[:, :6]], 1))

    want = pyg.EdgeConv(Pairs(), aggr=aggr)(x, edge_index)
    got = gv.nn.MessagePassing(psi, aggr, backend="numba")(x, edge_index)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("aggr", ["mean", "max"])
def test_between_two_sets_of_nodes_and_on_windows(aggr):
    psi = MLP(6, 8, edge_channels=2).double()
    layer, x, plain = check_two_sets_of_nodes_and_windows(psi, aggr, "split network")
    with pytest.raises(ValueError, match=r"`x` must have 6 channels, got 5 and 5"):
        layer(x[:, :5], plain, torch.ones(1, 2, dtype=torch.float64))


def test_the_plan_says_when():
    topology = gv.nn.edge_topology(torch.tensor([[0], [1]]), 2)
    plan = gv.nn.MessagePassing(MLP(6, 8), ["mean", "sum"]).plan(topology)
    assert plan.name == "split network"
    assert "the last layer after the sum" in plan.reason
    assert "in tiles" in gv.nn.MessagePassing(MLP(6, 8), "max").plan(topology).reason
    for psi, aggr, why in (
        (MLP(6, 8), "std", "⊕ is not among sum, mean, max, min"),
        (MLP(6, 8, activation=nn.ELU), "sum", "the activation ELU(alpha=1.0) has no kernel"),
        (gv.nn.psi.Linear(6, 8), "var", "ψ is not an MLP"),
    ):
        refused = gv.nn.MessagePassing(psi, aggr).plan(topology)
        assert refused.name == "reference"
        assert dict(refused.refused)["split network"] == why
    layer = gv.nn.MessagePassing(MLP(6, 8), "sum")
    layer.psi.net[1] = nn.GELU(approximate="tanh")
    assert layer.plan(topology).name == "reference"
    layer.psi.net[1] = nn.Tanh()
    assert layer.plan(topology).name == "split network"
    layer.psi.net.append(nn.ReLU())
    refused = dict(layer.plan(topology).refused)["split network"]
    assert refused == "its network is not linear, activation, linear any more"
