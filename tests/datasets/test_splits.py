import pytest
import torch

from graphvision.datasets import stratified_split
from graphvision.datasets.splits import three_way_split


def test_same_share_of_every_class():
    labels = torch.tensor([0] * 20 + [1] * 40 + [2] * 5)[torch.randperm(65)]
    rest, taken = stratified_split(labels, 0.2)
    assert labels[taken].bincount().tolist() == [4, 8, 1]
    assert torch.cat([rest, taken]).sort().values.tolist() == list(range(65))
    assert rest.tolist() == sorted(rest.tolist())


def test_seed_decides():
    labels = torch.zeros(100, dtype=torch.int64)
    first, again, other = (stratified_split(labels, 0.5, seed)[1] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_these_exact_samples_forever():
    assert stratified_split(torch.zeros(10, dtype=torch.int64), 0.3)[1].tolist() == [2, 4, 8]


def test_edge_cases():
    none = torch.zeros(0, dtype=torch.int64)
    assert [len(part) for part in stratified_split(none, 0.5)] == [0, 0]
    assert [len(part) for part in stratified_split(torch.tensor([3, 3]), 0.0)] == [2, 0]
    assert [len(part) for part in stratified_split(torch.tensor([3, 3]), 1.0)] == [0, 2]


def test_three_parts_cover_all():
    labels = torch.arange(3).repeat(50)
    parts = three_way_split(labels)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 105,
        "validation": 15,
        "test": 30,
    }
    assert torch.cat(list(parts.values())).unique().numel() == 150


def test_errors():
    with pytest.raises(ValueError, match="`fraction` must be in 0…1"):
        stratified_split(torch.zeros(2, dtype=torch.int64), 1.5)
    with pytest.raises(ValueError, match="must be at most 1"):
        three_way_split(torch.zeros(2, dtype=torch.int64), test=0.8, validation=0.4)
