import gc
import weakref

import pytest
import torch

from graphvision.graphs import Window, edge_topology, window_topology


def test_edges_are_sorted_by_target_then_source():
    edge_index = torch.tensor([[3, 0, 2, 0], [1, 1, 0, 0]])
    topology = edge_topology(edge_index, 4)
    assert topology.edge_index.tolist() == [[0, 2, 0, 3], [0, 0, 1, 1]]
    assert topology.edges.order.tolist() == [3, 2, 1, 0]
    assert topology.degree.tolist() == [2, 2, 0, 0]


def test_sorting_is_remembered_until_the_edges_change_or_go():
    edge_index = torch.tensor([[1, 0], [0, 1]])
    first = edge_topology(edge_index, 2)
    assert edge_topology(edge_index, 2) is first
    edge_index[0, 0] = 0
    assert edge_topology(edge_index, 2).edge_index.tolist() == [[0, 0], [0, 1]]
    gone = weakref.ref(edge_topology(edge_index, 2))
    del edge_index
    gc.collect()
    assert gone() is None


def test_transposed_is_the_reverse_graph():
    generator = torch.Generator().manual_seed(0)
    edge_index = torch.randint(0, 9, (2, 40), generator=generator)
    csr = edge_topology(edge_index, 9).edges.csr
    back, order = csr.transposed
    assert torch.equal(back.row, csr.col[order].long())
    assert torch.equal(back.col.long(), csr.row[order])
    assert back.row.diff().min() >= 0


def test_by_tap_keeps_every_edge_in_its_row():
    window = Window.make(3, dims=1, stride=1, padding=1, padding_mode="circular", divisor="window")
    topology = window_topology((4,), window, 2)
    csr, weight = topology.by_tap(torch.float64)
    assert csr.num_targets == 8 * 3
    assert csr.degree.tolist() == [1] * 24
    assert weight.tolist() == [1 / 3] * 24
    with pytest.raises(ValueError, match=r"`topology` must have taps"):
        edge_topology(torch.tensor([[0], [0]]), 1).by_tap(torch.float32)
