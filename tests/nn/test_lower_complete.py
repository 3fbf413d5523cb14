import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.nn.psi import Copy, DotProductAttention, ScaledDotProduct
from tests.kernels.csr_cases import relative

FORMS = [{}, {"lower": False}, {"backend": "numba"}, {"backend": "reference"}]
NAMES = ["scaled dot-product attention", "fused attention", "fused attention", "reference"]


@pytest.mark.parametrize(("form", "name"), list(zip(FORMS, NAMES, strict=True)), ids=str)
def test_self_attention_matches_oracle(form, name):
    psi = DotProductAttention(6, 8, heads=2).double()
    layer = gv.nn.MessagePassing(psi, "sum", **form)
    x = torch.randn(3 * 5, 6, dtype=torch.float64, requires_grad=True)
    topology = gv.nn.complete_topology(3, 5)
    assert layer.plan(topology, x).name == name
    q, k, v = (m(x).view(3, 5, 2, 4).transpose(1, 2) for m in (psi.query, psi.key, psi.value))
    want = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(15, 8)
    results = []
    for out in (layer(x, topology), want):
        grads = torch.autograd.grad(out.sin().sum(), [x, *psi.parameters()])
        # a key's bias shifts all logits of a row alike: its gradient is 0 up to rounding
        results.append((out, *(g for g in grads if g.abs().max() > 1e-10)))
    for got, wanted in zip(*results, strict=True):
        assert relative(got, wanted) <= 1e-12


@pytest.mark.parametrize("shape", [(24,), (24, 1), (24, 2)])
@pytest.mark.parametrize("form", [{}, {"backend": "reference"}], ids=str)
def test_edges_add_to_the_logits(form, shape):
    query, key, value = (torch.randn(n, 4, dtype=torch.float64) for n in (6, 8, 8))
    bias = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    layer = gv.nn.MessagePassing(ScaledDotProduct(4, heads=2, scale=0.7), "sum", **form)
    got = layer((torch.cat([key, value], 1), query), gv.nn.complete_topology(2, 3, 4), bias)
    q, k, v = (t.view(2, -1, 2, 2).transpose(1, 2) for t in (query, key, value))
    mask = bias.view(2, 3, 4, -1).permute(0, 3, 1, 2)
    want = F.scaled_dot_product_attention(q, k, v, mask, scale=0.7).transpose(1, 2).reshape(6, 4)
    grads = [torch.autograd.grad(out.square().sum(), bias)[0] for out in (got, want)]
    assert relative(got, want) <= 1e-12
    assert relative(*grads) <= 1e-12


def test_the_plan_says_when():
    whole, some = gv.nn.complete_topology(1, 3), gv.nn.edge_topology(torch.tensor([[0], [1]]), 3)
    rule = "complete attention"

    def why_not(psi, topology, aggr="sum", **options):
        return dict(gv.nn.MessagePassing(psi, aggr).plan(topology, **options).refused)[rule]

    psi = DotProductAttention(4, 4)
    assert "not complete" in why_not(psi, some)
    assert "neither" in why_not(Copy(), whole)
    assert "features" in why_not(DotProductAttention(4, 4, edge_channels=2), whole)
    assert "not sum" in why_not(psi, whole, "max")
    assert "reads none" in why_not(psi, whole, has_edge_attr=True)
    assert gv.nn.MessagePassing(psi, "sum").plan(whole).deterministic
