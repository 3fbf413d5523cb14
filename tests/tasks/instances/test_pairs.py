"""Pairs of nodes against a dictionary."""

import torch

from graphvision.tasks.instances.pairs import undirected_pairs


def test_matches_oracle():
    for seed in range(100):
        edges, logits = torch.randint(0, 5, (2, seed % 15)), torch.rand(seed % 15).double()
        groups = {}
        for (i, j), value in zip(edges.T.tolist(), logits.tolist(), strict=True):
            if i != j:
                groups.setdefault((min(i, j), max(i, j)), []).append(value)
        pairs, values = undirected_pairs(edges, logits, 5)
        assert list(map(tuple, pairs.T.tolist())) == sorted(groups)
        expected = [sum(groups[pair]) / len(groups[pair]) for pair in sorted(groups)]
        torch.testing.assert_close(values.tolist(), expected)
