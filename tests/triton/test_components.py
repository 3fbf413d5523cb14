import pytest
import torch

from graphvision.kernels.components import _triton, connected_components


def snakes(height, width):
    """One piece that winds through the rows, and the walls between them."""
    labels = torch.zeros(height, width, dtype=torch.int64)
    labels[1::4, :-1] = labels[3::4, 1:] = 1
    return labels[None]


def combs(height, width):
    """Columns that meet in the last row alone, so that long trees are joined late."""
    labels = torch.zeros(height, width, dtype=torch.int64)
    labels[:-1, 1::2] = 1
    return labels[None]


def noise(shape, colours, lowest):
    generator = torch.Generator().manual_seed(colours + shape[2])
    return torch.randint(lowest, colours, shape, generator=generator)


CASES = {
    "noise": noise((3, 13, 37), 2, 0),
    "ignored pixels": noise((2, 21, 20), 3, -1),
    "many colours": noise((1, 9, 70), 30, 0),
    "snakes": snakes(21, 31),
    "columns of a snake": snakes(31, 21).transpose(1, 2),
    "combs": combs(12, 33),
    "one colour": torch.full((2, 5, 40), 7),
    "wide": noise((1, 7, 300), 2, -1),
    "wide and flat": torch.full((1, 2, 600), 3),
    "one pixel": torch.zeros(2, 1, 1, dtype=torch.int64),
    "one row": noise((2, 1, 90), 2, -1),
    "one column": noise((2, 50, 1), 2, -1),
    "nothing": torch.full((2, 3, 3), -4),
    "no image": torch.zeros(0, 3, 4, dtype=torch.int64),
}


@pytest.mark.parametrize("block", [512, 128])
@pytest.mark.parametrize("case", CASES)
def test_matches_reference(case, block, monkeypatch):
    monkeypatch.setattr(_triton, "_BLOCK", block)
    got, want = (connected_components(CASES[case], backend=b) for b in ("triton", "reference"))
    assert torch.equal(got, want)
