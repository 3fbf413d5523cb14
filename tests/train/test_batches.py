import pytest
import torch

from graphvision.train.batches import Batches, evaluation_batch


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


def test_parts_are_the_whole():
    """Training parts go in step, on a sample of another where there is none of their own.

    Parts of an evaluation hold every sample once.
    """
    batches = Batches(lambda index: (None, index), 9, 4, order=5)
    parts = [list(batches.part(rank, 2)) for rank in range(2)]
    for number, (whole, ours) in enumerate(zip(batches, zip(*parts, strict=True), strict=True)):
        own = [ours[r][1] for r in range(2) if batches.part(r, 2).has_own(number)]
        assert torch.cat(own).sort().values.equal(whole[1].sort().values)
    assert [batches.part(r, 2).has_own(2) for r in range(2)] == [True, False]
    assert torch.equal(parts[0][2][1], parts[1][2][1])
    every = [index for rank in range(2) for _, index in batches.part(rank, 2, in_step=False)]
    assert torch.cat(every).sort().values.tolist() == list(range(9))
    with pytest.raises(ValueError, match=r"`batch_size` must be at least 5, got 4"):
        batches.part(0, 5)


@pytest.mark.parametrize(
    ("pixels", "expected"), [(1, 250), (64 * 64, 250), (128 * 128, 62), (10**9, 1)]
)
def test_evaluation_batches_have_as_many_pixels(pixels, expected):
    assert evaluation_batch(pixels) == expected
