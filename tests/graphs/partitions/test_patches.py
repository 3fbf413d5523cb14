import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from graphvision.graphs import Patches


@given(h=st.integers(1, 9), w=st.integers(1, 9), ph=st.integers(1, 11), pw=st.integers(1, 11))
def test_matches_oracle(h, w, ph, pw):
    labels = Patches((ph, pw)).assign(torch.zeros(1, 1, h, w))[0]
    across = -(-w // pw)
    for y in range(h):
        for x in range(w):
            assert labels[y, x] == (y // ph) * across + x // pw
    assert labels.unique().tolist() == list(range(int(labels.max()) + 1))


@pytest.mark.parametrize("size", [0, -1, True, (0, 4)])
def test_errors(size):
    with pytest.raises(ValueError, match="`patch_size` must be"):
        Patches(size)
