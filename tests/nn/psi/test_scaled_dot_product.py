import pytest
import torch

import graphvision as gv
from graphvision.nn.psi import ScaledDotProduct


def test_matches_oracle():
    x_i, x_j = torch.randn(5, 6), torch.randn(5, 12)
    psi = ScaledDotProduct(6, heads=3)
    bias = torch.randn(5)
    for e in range(5):
        for h in range(3):
            part = slice(2 * h, 2 * h + 2)
            want = x_i[e, part] @ x_j[e, :6][part] / 2**0.5
            torch.testing.assert_close(psi.logits(x_i, x_j, None)[e, h], want)
            torch.testing.assert_close(psi.logits(x_i, x_j, bias)[e, h], want + bias[e])
    assert torch.equal(psi(x_i, x_j, None), x_j[:, 6:])


def test_silent_edges():
    psi = ScaledDotProduct(4, heads=2, dropout=0.5)
    values = psi.values(torch.ones(1000, 8), None).view(1000, 2, 2)
    assert torch.equal(values[..., 0], values[..., 1])  # a head falls silent as a whole
    assert set(values.flatten().tolist()) == {0.0, 2.0}
    assert values[:, 0].ne(values[:, 1]).any()  # and each head for itself
    assert values.mean().item() == pytest.approx(1, abs=0.1)
    assert psi.eval().values(torch.ones(9, 8), None).eq(1).all()


def test_on_windows_without_a_bias():
    window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
    topology = gv.nn.window_topology((3, 3), window)
    x, query = torch.randn(9, 8), torch.randn(9, 4)
    fast, slow = (
        gv.nn.MessagePassing(ScaledDotProduct(4), "sum", backend=b)((x, query), topology)
        for b in ("numba", "reference")
    )
    torch.testing.assert_close(fast, slow)


def test_errors():
    with pytest.raises(ValueError, match="`heads` must divide"):
        ScaledDotProduct(4, heads=3)
    with pytest.raises(ValueError, match=r"`edge_attr` must have shape \(2,\) or \(2, 2\)"):
        ScaledDotProduct(4, heads=2).logits(torch.rand(2, 4), torch.rand(2, 8), torch.rand(2, 3))
