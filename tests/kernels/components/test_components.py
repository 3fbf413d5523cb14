import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import label

from graphvision.kernels.components import connected_components

BACKENDS = ("reference", "numba")


@pytest.mark.parametrize("backend", BACKENDS)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 40)),
    colours=st.integers(1, 4),
    lowest=st.sampled_from([-1, 0]),
    seed=st.integers(0, 1000),
)
def test_matches_oracle(backend, shape, colours, lowest, seed):
    labels = torch.from_numpy(np.random.default_rng(seed).integers(lowest, colours, shape))
    found = connected_components(labels, backend=backend)
    for one, piece in zip(labels.numpy(), found.numpy(), strict=True):
        wanted = label(one, background=-1, connectivity=1) - 1
        seen = list(dict.fromkeys(wanted[wanted >= 0].tolist()))
        rank = {k: i for i, k in enumerate(seen)} | {-1: -1}
        assert piece.tolist() == [[rank[k] for k in row] for row in wanted.tolist()]


@pytest.mark.parametrize("backend", BACKENDS)
def test_edge_cases(backend):
    snake = torch.zeros(21, 31, dtype=torch.int64)
    snake[1::4, :-1] = snake[3::4, 1:] = 1
    assert connected_components(snake[None], backend=backend).max() == 10
    for shape in ((0, 3, 4), (2, 1, 1), (1, 1, 7)):
        same = torch.full(shape, 5)
        assert torch.equal(connected_components(same, backend=backend), torch.zeros_like(same))
    nothing = torch.full((2, 3, 3), -4)
    assert connected_components(nothing, backend=backend).eq(-1).all()
    strided = torch.arange(12).view(1, 3, 4).transpose(1, 2) % 3
    wanted = connected_components(strided.contiguous(), backend="reference")
    assert torch.equal(connected_components(strided, backend=backend), wanted)
