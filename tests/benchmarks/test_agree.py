import numpy as np
import pytest
import torch

from benchmarks._agree import Close, distance, tensors


def test_says_who_differs_and_by_how_much():
    results = {"ours": torch.tensor([1.0, 2.0]), "peer": torch.tensor([1.0, 2.5])}
    found = Close(1e-3)(results, "peer")
    assert found.errors == {"ours": pytest.approx(0.2)}
    assert found.differs["ours"].startswith("differs from peer by 2.0e-01 (tolerance 0.001)")
    assert not Close(0.3)(results, "peer").differs


@pytest.mark.parametrize("bad", [torch.tensor([float("nan"), 2.0]), torch.ones(3)])
def test_nan_and_shapes_differ(bad):
    assert "ours" in Close(1e9)({"ours": bad, "peer": torch.ones(2)}, "peer").differs


def test_a_few_entries_count_little_in_the_euclidean_norm():
    want = torch.ones(10_000)
    got = want.clone()
    got[0] = 2.0
    assert distance([got], [want])[0] == pytest.approx(1.0)
    assert distance([got], [want], 2)[0] == pytest.approx(0.01)
    assert distance([got], [want], 2)[1] == "in result 0"


def test_nested_results_are_read_in_order():
    nested = [torch.ones(1), (np.zeros(2), [3.0])]
    assert [t.tolist() for t in tensors(nested)] == [[1.0], [0.0, 0.0], 3.0]
