import pytest
import torch
import torch_geometric.nn as pyg

import graphvision as gv
from graphvision.nn.psi import DotProductAttention, GATAttention
from tests.kernels.csr_cases import relative
from tests.nn.edge_cases import attributed_graph, check_two_sets_of_nodes_and_windows

PSI = {"gat": GATAttention, "dot": DotProductAttention}


@pytest.mark.parametrize("edge_channels", [0, 3])
@pytest.mark.parametrize("name", PSI)
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_matches_the_reference(name, edge_channels, dtype, bound):
    x, edge_index, attr = (t.to(dtype) if t.is_floating_point() else t for t in attributed_graph())
    x.requires_grad_()
    attr.requires_grad_()
    psi = PSI[name](6, 8, heads=2, edge_channels=edge_channels).to(dtype)
    inputs = [x, *psi.parameters(), *([attr] if edge_channels else [])]
    results = []
    for backend in ("numba", "reference"):
        layer = gv.nn.MessagePassing(psi, "sum", backend=backend)
        out = layer(x, edge_index, attr if edge_channels else None)
        # a key's bias shifts all logits of a row alike: its gradient is 0 up to rounding
        grads = torch.autograd.grad(out.square().sum(), inputs)
        results.append((out, *(g for g in grads if g.abs().max() > 1e-4)))
    for got, want in zip(*results, strict=True):
        assert relative(got, want) <= bound


def test_matches_oracle():
    x, edge_index, attr = attributed_graph()
    conv = pyg.TransformerConv(6, 4, heads=2, edge_dim=3, root_weight=False).double()
    psi = DotProductAttention(6, 8, heads=2, edge_channels=3).double()
    names = {"query": "lin_query", "key": "lin_key", "value": "lin_value", "edge": "lin_edge"}
    for ours, theirs in names.items():
        getattr(psi, ours).load_state_dict(getattr(conv, theirs).state_dict())
    got = gv.nn.MessagePassing(psi, "sum", backend="numba")(x, edge_index, attr)
    torch.testing.assert_close(got, conv(x, edge_index, attr), rtol=1e-12, atol=1e-12)
    conv = pyg.GATv2Conv(6, 4, heads=2, negative_slope=0.4, add_self_loops=False).double()
    psi = GATAttention(6, 8, heads=2, slope=0.4).double()
    psi.source.load_state_dict(conv.lin_l.state_dict())
    psi.target.load_state_dict(conv.lin_r.state_dict())
    psi.vector.data = conv.att.data[0]
    got = gv.nn.MessagePassing(psi, "sum", backend="numba")(x, edge_index)
    torch.testing.assert_close(got, conv(x, edge_index), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", PSI)
def test_between_two_sets_of_nodes_and_on_windows(name):
    psi = PSI[name](6, 8, heads=2, edge_channels=2).double()
    check_two_sets_of_nodes_and_windows(psi, "sum", "fused attention")


class Sharper(GATAttention):
    def logits(self, x_i, x_j, edge):
        return 2 * super().logits(x_i, x_j, edge)


def test_the_plan_says_when():
    topology = gv.nn.edge_topology(torch.tensor([[0], [1]]), 2)
    plan = gv.nn.MessagePassing(GATAttention(6, 8), "sum").plan(topology)
    assert plan.name == "fused attention"
    assert plan.deterministic
    refused = gv.nn.MessagePassing(GATAttention(6, 8), "max").plan(topology)
    assert ("fused attention", "⊕ is not sum") in refused.refused
    own = gv.nn.MessagePassing(Sharper(6, 8), "sum").plan(topology)
    assert own.name == "reference"
    assert "neither GATAttention" in dict(own.refused)["fused attention"]
