import pytest
import torch

from graphvision.kernels.borders import _triton, borders
from graphvision.kernels.regions import Regions, image_slope
from tests.triton.test_regions import SCENES, scene

BOUNDS = [(torch.float32, 1e-5), (torch.float16, 4e-3), (torch.bfloat16, 3e-2)]


def run(image, labels, backend, *, colour=True, gradient=True):
    regions = Regions(labels, backend)
    slope = (
        image_slope(image.double(), Regions(labels, "reference")).to(image) if gradient else None
    )
    return borders(regions, image if colour else image[:, :0], slope)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(("dtype", "bound"), BOUNDS)
def test_matches_reference(name, dtype, bound):
    image, labels = scene(name, dtype)
    for asked in ({}, {"colour": False}, {"gradient": False}):
        got = run(image, labels, "triton", **asked)
        want = run(image.double(), labels, "reference", **asked)
        assert torch.equal(got.edge_index, want.edge_index)
        assert torch.equal(got.length, want.length)
        for g, w in zip(got[2:], want[2:], strict=True):
            assert g.dtype == dtype
            torch.testing.assert_close(g.double(), w, rtol=0, atol=bound)


def test_several_blocks_and_long_numbers(monkeypatch):
    image, labels = scene("several")
    want = run(image, labels, "triton")
    monkeypatch.setattr(_triton, "_BLOCK", 32)
    monkeypatch.setattr(_triton, "_fitting", lambda numbers: torch.int64)
    got = run(image, labels, "triton")
    assert all(torch.equal(g, w) for g, w in zip(got, want, strict=True))


def test_both_directions_have_the_same_bits():
    found = run(*scene("several"), "triton")
    back = (found.edge_index[0] * 10_000 + found.edge_index[1]).argsort()
    assert torch.equal(found.edge_index.flip(0), found.edge_index[:, back])
    assert all(torch.equal(table, table[back]) for table in found[1:])


def test_nothing_touches():
    for labels in (
        torch.full((1, 2, 2), -1),
        torch.zeros(1, 1, 1).long(),
        torch.tensor([[[0, -1, 1]]]),
    ):
        found = run(torch.rand(1, 2, *labels.shape[1:]), labels, "triton")
        assert found.edge_index.shape == (2, 0)
        assert found.colour_step.shape == (0, 2)
        assert found.gradient.shape == (0, 1)
