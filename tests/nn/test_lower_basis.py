import pytest
import torch

import graphvision as gv
from graphvision.nn.psi import Basis, BSplineBasis


def graph(seed=0, nodes=12, edges=50):
    generator = torch.Generator().manual_seed(seed)
    edge_index = torch.randint(nodes, (2, edges), generator=generator)
    displacement = torch.randn(edges, 2, generator=generator, dtype=torch.float64)
    x = torch.randn(nodes, 4, generator=generator, dtype=torch.float64)
    return x.requires_grad_(), edge_index, displacement.requires_grad_()


@pytest.mark.parametrize("aggr", ["sum", "mean"])
def test_matches_the_reference(aggr):
    x, edge_index, displacement = graph()
    psi = Basis(BSplineBasis(3), 4, 6).double()
    results = []
    for backend in ("auto", "reference"):
        layer = gv.nn.MessagePassing(psi, aggr, backend=backend)
        out = layer(x, edge_index, displacement)
        grads = torch.autograd.grad(out.square().sum(), (x, displacement, psi.weight))
        results.append((out, *grads))
    for got, want in zip(*results, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def test_the_plan_says_when():
    x, edge_index, _ = graph()
    topology = gv.nn.edge_topology(edge_index, len(x))
    psi = Basis(BSplineBasis(3), 4, 6)
    plan = gv.nn.MessagePassing(psi, "sum").plan(topology, has_edge_attr=True)
    assert plan.name == "gather per basis function + matrix product"
    refused = gv.nn.MessagePassing(psi, "max").plan(topology, has_edge_attr=True)
    assert refused.name == "reference"
    assert ("gather per basis function", "⊕ is not sum or mean") in refused.refused
    without = gv.nn.MessagePassing(psi, "sum").plan(topology, has_edge_attr=False)
    assert "no edge attribute" in dict(without.refused)["gather per basis function"]


def test_edge_cases():
    psi = Basis(BSplineBasis(3), 4, 6)
    layer = gv.nn.MessagePassing(psi, "mean")
    none = torch.empty(2, 0, dtype=torch.long)
    out = layer(torch.randn(3, 4), none, torch.empty(0, 2))
    assert out.shape == (3, 6)
    assert not out.any()
