from importlib.util import find_spec

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import graphvision as gv


def test_deterministic_mode_is_part_of_the_plan():
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "sum")
    topology = gv.nn.edge_topology(torch.tensor([[0], [1]]), 2)
    on_device = torch.empty(2, 1, device="meta")
    assert layer.plan(topology).deterministic
    assert not layer.plan(topology, on_device).deterministic
    torch.use_deterministic_algorithms(True)
    try:
        assert layer.plan(topology, on_device).deterministic
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.skipif(find_spec("triton") is None, reason="needs the package triton")
def test_kernels_of_the_device_are_part_of_the_plan():
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "sum")
    topology = gv.nn.edge_topology(torch.tensor([[0], [1]]), 2)
    with FakeTensorMode():
        single = torch.empty(2, 1, device="cuda")
        plan, plain = layer.plan(topology, single), layer.plan(topology, single.double())
    assert plan.deterministic
    assert "buffer" not in plan.reason
    assert not plain.deterministic
    assert plain.reason.endswith("by torch's own operations, with a buffer of e × c")
