import torch

from graphvision.train.batches import Batches


def collected(**settings):
    batches = Batches(lambda index: (None, index), 10, 4, **settings)
    assert len(batches) == 3
    return torch.cat([index for _, index in batches])


def test_in_order():
    assert collected().tolist() == list(range(10))


def test_order_belongs_to_its_seed():
    first, again, other = (collected(order=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.sort().values.tolist() == list(range(10))


def test_one_variant_of_every_sample():
    seen = collected(order=3, variants=2)
    assert (seen % 10).sort().values.tolist() == list(range(10))
    assert 0 < (seen >= 10).sum() < 10
