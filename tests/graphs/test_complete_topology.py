import pytest
import torch

import graphvision as gv


@pytest.mark.parametrize(("batch", "targets", "sources"), [(2, 3, 2), (1, 1, 1), (3, 4, None)])
def test_matches_oracle(batch, targets, sources):
    topology = gv.nn.complete_topology(batch, targets, sources)
    sources = targets if sources is None else sources
    want = [
        (b * sources + j, b * targets + i)
        for b in range(batch)
        for i in range(targets)
        for j in range(sources)
    ]
    assert topology.edge_index.T.tolist() == [list(pair) for pair in want]
    assert (topology.num_sources, topology.num_targets) == (batch * sources, batch * targets)
    blocks = topology.complete
    assert (blocks.batch, blocks.num_targets, blocks.num_sources) == (batch, targets, sources)


def test_edges_are_written_out_only_when_asked_for():
    huge = gv.nn.complete_topology(1000, 100_000)
    assert "CompleteBlocks(batch=1000" in repr(huge)
    assert huge.num_targets == 10**8


def test_edge_cases():
    assert gv.nn.complete_topology(0, 3).num_edges == 0
    assert gv.nn.complete_topology(2, 3, 0).degree.tolist() == [0] * 6
    with pytest.raises(ValueError, match="must not be negative"):
        gv.nn.complete_topology(-1, 3)


def test_agrees_with_the_adjacency():
    image = torch.rand(1, 3, 4)
    graph = gv.image_graph(image, gv.Pixels(), gv.Complete(loops=True))
    assert torch.equal(gv.nn.complete_topology(1, 12).edge_index, graph.edge_index)
