import torch

from graphvision.kernels._starts import starts


def test_every_stretch_begins_where_the_one_before_it_ends():
    assert starts(torch.tensor([2, 0, 3])).tolist() == [0, 2, 2, 5]
    assert starts(torch.empty(0, dtype=torch.int64)).tolist() == [0]
