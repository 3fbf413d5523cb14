import pytest
import torch

from graphvision.models.row_norm import BatchRows, row_norm, standardisation


def test_many_rows_are_batch_norm():
    x, ours, theirs = torch.randn(9, 4), BatchRows(4), torch.nn.BatchNorm1d(4)
    assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours.running_var, theirs.running_var)
    assert list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_go_by_the_running_statistics(rows):
    ours = BatchRows(4)
    ours(torch.randn(9, 4))
    x = torch.randn(rows, 4)
    before = {k: v.clone() for k, v in ours.state_dict().items()}
    assert torch.equal(ours(x), ours.eval()(x))
    assert all(torch.equal(v, before[k]) for k, v in ours.state_dict().items())


def test_layer_norm_needs_no_batch():
    x = torch.randn(3, 4)
    together = row_norm("layer", 4)(x)
    torch.testing.assert_close(together[:1], row_norm("layer", 4)(x[:1]))
    assert standardisation("layer", 4)(x) is x


def test_errors():
    with pytest.raises(ValueError, match=r"`norm` must be one of \['batch', 'layer'\], got 'none'"):
        row_norm("none", 4)
