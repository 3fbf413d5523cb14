import torch

from graphvision.graphs.nodes import Nodes
from graphvision.kernels.regions import Regions


def test_facts_are_computed_once():
    nodes = Nodes(torch.rand(1, 2, 4, 4), Regions(torch.arange(16).view(1, 4, 4) // 4))
    assert nodes.borders is nodes.borders
    assert nodes.pos.tolist() == [[0.0, 1.5], [1.0, 1.5], [2.0, 1.5], [3.0, 1.5]]
    assert nodes.area.tolist() == [4.0] * 4
    assert nodes.slope.shape == (1, 2, 4, 4)


def test_loops_are_sorted_in():
    nodes = Nodes(torch.rand(1, 1, 1, 3), Regions(torch.tensor([[[0, 1, 2]]])))
    with_loops = nodes.with_loops(torch.tensor([[1, 0], [0, 1]]))
    assert with_loops.tolist() == [[0, 1, 0, 1, 2], [0, 0, 1, 1, 2]]
