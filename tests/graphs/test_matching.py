import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import graphvision as gv


def greedy(ends, cost, count):
    """One pair after the other, the cheapest first."""
    first = list(range(count))
    free = [True] * count
    for p in sorted(range(len(cost)), key=lambda p: cost[p]):
        a, b = sorted(ends[p])
        if a != b and free[a] and free[b]:
            first[b], free[a], free[b] = a, False, False
    return first


@given(seed=st.integers(0, 10_000), nodes=st.integers(1, 30), pairs=st.integers(0, 90))
def test_matches_oracle(seed, nodes, pairs):
    torch.manual_seed(seed)
    ends = torch.randint(0, nodes, (2, pairs))
    cost = torch.randint(0, 20, (pairs,)).float()  # with ties
    found = gv.graphs.match_nodes(ends, cost, nodes)
    assert found.tolist() == greedy(ends.T.tolist(), cost.tolist(), nodes)


def test_edge_cases():
    empty = torch.zeros(2, 0, dtype=torch.int64)
    assert gv.graphs.match_nodes(empty, torch.zeros(0), 3).tolist() == [0, 1, 2]
    assert gv.graphs.match_nodes(empty, torch.zeros(0), 0).tolist() == []


def test_errors():
    with pytest.raises(ValueError, match=r"`ends` must lie in 0…1, got 0…2"):
        gv.graphs.match_nodes(torch.tensor([[0], [2]]), torch.zeros(1), 2)
