import pytest
from torch import nn

from graphvision.train import FineTuned, TunedEpoch


@pytest.mark.parametrize(("after", "lost"), [(0.5, 0.25), (1.0, -0.25), (None, None)])
def test_forgotten_is_what_was_lost(after, lost):
    before = None if after is None else 0.75
    curve = tuple(TunedEpoch(e, None, None, first) for e, first in enumerate((before, 0.1, after)))
    tuned = FineTuned(nn.Identity(), (), {}, 0, curve)
    assert tuned.forgotten == lost
    assert (tuned.before.epoch, tuned.after.epoch) == (0, 2)
