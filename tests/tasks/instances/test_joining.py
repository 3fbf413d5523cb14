"""Joined parts against networkx."""

import networkx as nx
import torch

from graphvision.tasks.instances import join_edges


def test_matches_oracle():
    for seed in range(500):
        n, e = 1 + seed % 12, seed % 17
        edges, logits = torch.randint(0, n, (2, e)), torch.randn(e)
        both = torch.cat((edges, edges.flip(0)), 1)  # a pair that occurs twice has its mean
        graph, threshold = nx.Graph(), seed % 3 / 2 - 0.5
        graph.add_nodes_from(range(n))
        pairs = {}
        for pair, value in zip(map(frozenset, edges.T.tolist()), logits.tolist(), strict=True):
            pairs.setdefault(pair, []).append(value)
        joined = [p for p, v in pairs.items() if len(p) == 2 and sum(v) / len(v) > threshold]
        graph.add_edges_from(map(tuple, joined))
        expected = [0] * n
        for k, part in enumerate(sorted(nx.connected_components(graph), key=min)):
            for node in part:
                expected[node] = k
        found = join_edges(logits.repeat(2), both, n, threshold=threshold)
        assert found.tolist() == expected


def test_images_are_numbered_on_their_own():
    edges, image = torch.tensor([[0, 2], [1, 3]]), torch.tensor([0, 0, 1, 1, 1])
    assert join_edges(torch.ones(2), edges, 5, image=image).tolist() == [0, 0, 0, 0, 1]


def test_edge_cases():
    nothing = torch.zeros(2, 0, dtype=torch.long)
    assert join_edges(torch.zeros(0), nothing, 0).tolist() == []
    assert join_edges(torch.zeros(0), nothing, 1).tolist() == [0]
    assert join_edges(torch.zeros(0), nothing, 3).tolist() == [0, 1, 2]
