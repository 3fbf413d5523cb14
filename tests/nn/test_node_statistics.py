import itertools

import pytest
import torch

from graphvision.nn.node_statistics import Groups, standardize
from tests.kernels.csr_cases import relative

PTRS = {"one": [0, 7], "some": [0, 3, 3, 4, 7]}


def groups_of(name, backend="auto"):
    area = torch.tensor([1.0, 4, 2, 3, 1, 1, 5], dtype=torch.float64)
    return Groups(torch.tensor(PTRS[name]), area, backend)


def by_pixels(x, groups, channel_groups, eps):
    """Every pixel written out, in plain loops over groups of nodes and of channels."""
    out, ptr = torch.empty_like(x), groups.ptr.tolist()
    for first, last in itertools.pairwise(ptr):
        for part in torch.arange(x.shape[1]).chunk(channel_groups):
            nodes = x[first:last, part]
            pixels = nodes.repeat_interleave(groups.area[first:last].long(), 0)
            if len(pixels):
                scale = (pixels.var(correction=0) + eps).sqrt()
                out[first:last, part] = (nodes - pixels.mean()) / scale
    return out


@pytest.mark.parametrize("backend", ["auto", "numba", "reference"])
@pytest.mark.parametrize("channel_groups", [1, 2, 4])
@pytest.mark.parametrize("name", PTRS)
def test_matches_oracle(name, channel_groups, backend):
    groups = groups_of(name, backend)
    x = torch.randn(7, 4, dtype=torch.float64, requires_grad=True)
    results = []
    for out in (
        standardize(x, groups, eps=0.1, channel_groups=channel_groups).x,
        by_pixels(x, groups, channel_groups, 0.1),
    ):
        results.append((out, torch.autograd.grad(out.pow(3).sum(), x)[0]))
    for got, want in zip(*results, strict=True):
        assert relative(got, want) <= 1e-12


def test_pixels():
    assert groups_of("some").pixels.tolist() == [7, 0, 3, 7]
    assert groups_of("some").least == 0
    assert groups_of("one").pixels.tolist() == [17]
    assert Groups(torch.tensor([0]), torch.zeros(0, dtype=torch.float64)).least == float("inf")


def test_half_precision_has_statistics_in_float32():
    x = torch.full((7, 2), 1000.0, dtype=torch.float16)
    found = standardize(x, groups_of("one"), eps=1e-5, channel_groups=2)
    assert found.mean.dtype == torch.float32
    assert found.variance.max() < 1e-3
