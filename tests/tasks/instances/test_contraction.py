"""Greedy contraction against a loop that looks at all pairs of parts."""

import math
import sys

import pytest
import torch

from graphvision.tasks.instances import contract_edges


def greedy(costs, n):
    """Join the pair with the largest cost, adding up what parallel edges cost, while it is > 0."""
    costs, owner = dict(costs), list(range(n))
    while costs and max(costs.values()) > 0:
        i, j = max(costs, key=costs.get)
        owner = [i if o == j else o for o in owner]
        merged = {}
        for (a, b), cost in costs.items():
            a, b = (i if x == j else x for x in (a, b))
            if a != b:
                key = (min(a, b), max(a, b))
                merged[key] = merged.get(key, 0.0) + cost
        costs = merged
    return [sorted(set(owner), key=owner.index).index(o) for o in owner]


def test_matches_oracle():
    for seed in range(500):
        n = 1 + seed % 10
        edges, logits = torch.randint(0, n, (2, 2 * n)), torch.randn(2 * n, dtype=torch.float64)
        weight = torch.rand(2 * n, dtype=torch.float64)
        terms = {}
        for (i, j), cost in zip(edges.T.tolist(), (weight * (logits - 0.2)).tolist(), strict=True):
            if i != j:
                terms.setdefault((min(i, j), max(i, j)), []).append(cost)
        costs = {pair: sum(values) / len(values) for pair, values in terms.items()}
        found = contract_edges(logits, edges, n, weight=weight, threshold=0.2)
        assert found.tolist() == greedy(costs, n)


def test_batch_equals_loop():
    edges, logits = torch.randint(0, 8, (2, 30)), torch.randn(2, 30)
    alone = torch.cat([contract_edges(one, edges, 8) for one in logits])
    image = torch.arange(2).repeat_interleave(8)
    both = contract_edges(logits.flatten(), torch.cat((edges, edges + 8), 1), 16, image=image)
    assert torch.equal(both, alone)


def test_one_weak_edge_does_not_merge_objects():
    """Two squares of four, joined by one wrong edge and parted by another."""
    ring = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    edges = torch.cat((ring, ring + 4, torch.tensor([[1, 2], [4, 7]])), 1)
    logits = torch.tensor([2.0] * 8 + [0.5, -3.0])
    assert contract_edges(logits, edges, 8).tolist() == [0] * 4 + [1] * 4


def test_edge_cases():
    nothing = torch.zeros(2, 0, dtype=torch.long)
    assert contract_edges(torch.zeros(0), nothing, 0).tolist() == []
    assert contract_edges(torch.zeros(0), nothing, 2).tolist() == [0, 1]
    loop = torch.zeros(2, 1, dtype=torch.long)
    assert contract_edges(torch.ones(1), loop, 1).tolist() == [0]


def test_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "bioimage_cpp", None)
    with pytest.raises(ImportError, match="needs the package bioimage-cpp"):
        contract_edges(torch.ones(1), torch.tensor([[0], [1]]), 2)


def test_errors():
    edges = torch.tensor([[0, 1, 2, 0], [1, 2, 0, 2]])
    logits = torch.tensor([1.0, math.nan, -math.inf, 2.0])
    with pytest.raises(ValueError, match=r"`logits` must be finite, .* in 2 of 4 edges"):
        contract_edges(logits, edges, 3)
