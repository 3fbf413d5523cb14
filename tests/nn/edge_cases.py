"""Message functions with features of edges, on a graph and between two sets of nodes."""

import pytest
import torch

import graphvision as gv
from tests.kernels.csr_cases import relative


def attributed_graph(seed=0, nodes=12, edges=50):
    """Node features, edges and edge features; two nodes are isolated."""
    generator = torch.Generator().manual_seed(seed)
    edge_index = torch.randint(nodes - 2, (2, edges), generator=generator)
    attr = torch.randn(edges, 3, generator=generator, dtype=torch.float64)
    x = torch.randn(nodes, 6, generator=generator, dtype=torch.float64)
    return x, edge_index, attr


def check_two_sets_of_nodes_and_windows(psi, aggr, name):
    """ψ of 6 channels and 2 edge features runs as ``name`` from a window's sources to its targets.

    Returns:
        The layer, and two nodes with one edge.
    """
    window = gv.nn.Window.make(3, stride=2, padding=1, dims=2)
    topology = gv.nn.window_topology((6, 5), window, 2)
    x = torch.randn(topology.num_sources, 6, dtype=torch.float64)
    y = torch.randn(topology.num_targets, 6, dtype=torch.float64)
    fast = gv.nn.MessagePassing(psi, aggr, backend="numba")
    slow = gv.nn.MessagePassing(psi, aggr, backend="reference")
    assert fast.plan(topology, x).name == name
    assert relative(fast((x, y), topology), slow((x, y), topology)) <= 1e-12
    with pytest.raises(ValueError, match=r"`x` must hold features of the targets too"):
        fast(x, topology)
    plain = gv.nn.edge_topology(torch.tensor([[0], [1]]), 2)
    with pytest.raises(ValueError, match=r"`edge_attr` must have shape \(e, 2\), got None"):
        fast(x[:2], plain)
    return fast, x[:2], plain
