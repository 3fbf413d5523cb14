import pytest
import torch

import graphvision as gv
from tests.nn.painting import partition_graph, random_partition


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "labels", [torch.zeros(8, 6, dtype=torch.int64), random_partition(3, (8, 6))]
)
def test_a_raster_of_one_pixel_joins_any_partition(labels, turned):
    """Squeeze and excitation on one node too, where both partitions have as many."""
    graph = partition_graph(labels, 3)
    gate = gv.nn.AdaptiveAvgPool2d(1)(graph)
    operands = (gate, graph) if turned else (graph, gate)
    out = gv.nn.Nodewise(torch.mul)(*operands)
    assert out.size_hw == [(8, 6)]
    torch.testing.assert_close(out.x, graph.x * gate.x)
