import pytest
import torch

from graphvision.kernels.columns import Columns


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_fill_copies_what_was_asked_for(dtype):
    columns = Columns.make({"b": 2, "a": 1}, torch.empty(0, dtype=dtype), 5)
    wide = torch.rand(5, 7, dtype=torch.float64)
    found = columns.fill({"a": wide[:, 3:4], "b": wide[:, :2], "c": wide[:, 4:]})
    assert set(found) == {"a", "b"}
    assert torch.equal(columns.table, torch.cat([wide[:, :2], wide[:, 3:4]], 1).to(dtype))
    assert torch.equal(columns["b"], wide[:, :2].to(dtype))


def test_missing_columns_are_minus_one():
    columns = Columns.make({"b": 2, "a": 1}, torch.empty(0), 0)
    assert columns.at("a", "c", "b") == (2, -1, 0)
    assert "c" not in columns
    assert columns.views("a", "c")["a"].shape == (0, 1)
