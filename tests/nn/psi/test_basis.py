import pytest
import torch

import graphvision as gv


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_splines_sum_to_one_inside(degree):
    basis = gv.nn.psi.BSplineBasis(7, degree=degree)
    inside = torch.rand(200, 2, dtype=torch.float64) * 2 - 1
    values = basis(inside)
    torch.testing.assert_close(values.sum(1), torch.ones(200, dtype=torch.float64))
    assert bool((values >= 0).all())


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_splines_match_scipy(degree):
    from scipy.interpolate import BSpline

    basis = gv.nn.psi.BSplineBasis(1, dims=1, degree=degree, spacing=0.5)
    position = torch.linspace(-2, 2, 101, dtype=torch.float64).unsqueeze(1)
    knots = (torch.arange(degree + 2) - (degree + 1) / 2).numpy()
    element = BSpline.basis_element(knots, extrapolate=False)
    want = torch.from_numpy(element(position[:, 0].numpy() / 0.5)).nan_to_num()
    torch.testing.assert_close(basis(position)[:, 0], want, rtol=1e-12, atol=1e-12)


def test_hats_of_degree_one_read_the_pixels_of_a_grid():
    basis = gv.nn.psi.BSplineBasis(3, degree=1)
    taps = gv.nn.Window.make(3, dims=2).tap_offsets
    torch.testing.assert_close(basis(taps), torch.eye(9, dtype=torch.float64))


def test_gaussians_match_the_formula():
    basis = gv.nn.psi.GaussianBasis(4, radius=2.0).double()
    at = torch.rand(5, 2, dtype=torch.float64)
    for e in range(5):
        for k in range(4):
            z = (at[e] - basis.mean[k]) / basis.log_width[k].exp()
            torch.testing.assert_close(basis(at)[e, k], torch.exp(-0.5 * (z * z).sum()))


@pytest.mark.parametrize("make", [gv.nn.psi.BSplineBasis, gv.nn.psi.GaussianBasis])
def test_gradients(make):
    psi = gv.nn.psi.Basis(make(3), 2, 3).double()
    layer = gv.nn.MessagePassing(psi, "sum")
    edges = torch.tensor([[0, 1, 2, 2], [1, 0, 1, 2]])
    x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    at = (torch.rand(4, 2, dtype=torch.float64) - 0.5).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, at: layer(x, edges, at), (x, at))


def test_errors():
    with pytest.raises(ValueError, match=r"`degree` must be 1, 2 or 3, got 4"):
        gv.nn.psi.BSplineBasis(3, degree=4)
    with pytest.raises(ValueError, match=r"`size`, `dims` and `spacing` must be positive"):
        gv.nn.psi.BSplineBasis(0)
    with pytest.raises(ValueError, match=r"`num_functions`, `dims` and `radius` must be positive"):
        gv.nn.psi.GaussianBasis(3, radius=0.0)
    with pytest.raises(ValueError, match=r"`edge_attr` must be displacements of shape \(e, 2\)"):
        gv.nn.psi.BSplineBasis(3)(torch.zeros(4, 3))
    with pytest.raises(ValueError, match=r"`groups` must divide the 3 output channels, got 2"):
        gv.nn.psi.Taps(torch.zeros(3, 1, 3, 3), groups=2)
    with pytest.raises(ValueError, match=r"`heads` must divide `out_channels`"):
        gv.nn.psi.GATAttention(4, 5, heads=2)
    with pytest.raises(ValueError, match=r"`weight` must have shape \(c_out"):
        gv.nn.psi.Taps(torch.zeros(3, 3))
