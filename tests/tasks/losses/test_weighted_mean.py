"""The mean of all losses."""

import torch

from graphvision.tasks.losses.weighted_mean import across_processes, process_count, weighted_mean


def test_matches_oracle():
    for _ in range(100):
        n = int(torch.randint(1, 9, ()))
        values, weight, mass = torch.rand(3, n, dtype=torch.float64)
        weight = weight * (torch.rand(n) > 0.3)
        top = sum(float(w * v) for w, v in zip(weight, values, strict=True))
        bottom = sum(float(w * m) for w, m in zip(weight, mass, strict=True))
        expected = top / bottom if bottom else 0.0
        torch.testing.assert_close(float(weighted_mean(values, weight, mass=mass)), expected)
        floor = weighted_mean(values, weight, mass=mass, least=100.0)
        torch.testing.assert_close(float(floor), top / 100)


def test_values_of_weight_zero_may_be_anything():
    values = torch.tensor([1.0, float("nan"), float("inf")])
    assert float(weighted_mean(values, torch.tensor([2.0, 0.0, 0.0]))) == 1


def test_processes_are_left_again():
    with across_processes(lambda own: own, 3, joined=lambda own: own):
        assert process_count() == 3
    assert process_count() == 1
