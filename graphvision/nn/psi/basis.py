"""ψ = Σ_k b_k(e_ji) W_k n_j: kernels that are functions of where the sender lies."""

import math
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.nn.psi.abstract import Edge, TapEdges, TapPsi


class AbstractBasis(nn.Module):
    """Functions b_1 … b_K of a displacement."""

    num_functions: int

    @abstractmethod
    def forward(self, position: Float[Tensor, "e *d"]) -> Float[Tensor, "e k"]:
        """The value of every function at every displacement."""


class BSplineBasis(AbstractBasis):
    """Products of B-splines of degree 1 to 3 on a regular lattice of knots around the centre.

    The knots of an axis are ``size`` points, one ``spacing`` apart, centred on 0. Degree 1 gives
    hat functions; with size 3 and spacing 1 they read the 3×3 taps of a pixel grid one by one.

    Args:
        size: knots per axis.
        dims: axes.
        degree: 1 (hat), 2 or 3.
        spacing: distance of the knots, in the unit of the displacement.

    Source:
        Fey et al., SplineCNN, CVPR 2018, section 3.2 (open splines without the shift to 0…1).
    """

    def __init__(self, size: int, dims: int = 2, *, degree: int = 1, spacing: float = 1.0) -> None:
        super().__init__()
        if degree not in (1, 2, 3):
            raise ValueError(f"`degree` must be 1, 2 or 3, got {degree}")
        if size < 1 or dims < 1 or spacing <= 0:
            raise ValueError(
                f"`size`, `dims` and `spacing` must be positive, got {size}, {dims} and {spacing}"
            )
        self.degree, self.dims, self.spacing = degree, dims, spacing
        self.num_functions = size**dims
        self.register_buffer("knots", torch.arange(size, dtype=torch.float64) - (size - 1) / 2)

    def forward(self, position: Float[Tensor, "e *d"]) -> Float[Tensor, "e k"]:
        """The product over the axes of each knot's spline."""
        position = _per_axis(position, self.dims)
        knots = self.get_buffer("knots").to(position)
        distance = (position.unsqueeze(-1) / self.spacing - knots).abs()
        per_axis = _spline(distance, self.degree)
        out = per_axis[:, 0]
        for axis in range(1, self.dims):
            out = (out.unsqueeze(-1) * per_axis[:, axis].unsqueeze(1)).flatten(1)
        return out


def _spline(u: Tensor, degree: int) -> Tensor:
    if degree == 1:
        return (1 - u).clamp(min=0)
    if degree == 2:
        outer = 0.5 * (1.5 - u).clamp(min=0).square()
        return torch.where(u < 0.5, 0.75 - u.square(), outer)
    outer = (2 - u).clamp(min=0).pow(3) / 6
    return torch.where(u < 1, 2 / 3 - u.square() + u.pow(3) / 2, outer)


class GaussianBasis(AbstractBasis):
    """Gaussian functions with learnable centres and widths, as in MoNet.

    Args:
        num_functions: how many.
        dims: axes of the displacement.
        radius: centres start evenly on a disc (or interval) of this radius.

    Source:
        Monti et al., MoNet, CVPR 2017, equation 11 with a diagonal covariance.
    """

    def __init__(self, num_functions: int, dims: int = 2, *, radius: float = 1.0) -> None:
        super().__init__()
        if num_functions < 1 or dims < 1 or radius <= 0:
            raise ValueError(
                "`num_functions`, `dims` and `radius` must be positive, "
                f"got {num_functions}, {dims} and {radius}"
            )
        self.num_functions, self.dims = num_functions, dims
        self.mean = nn.Parameter(_spread(num_functions, dims) * radius)
        width = radius / max(1.0, num_functions ** (1 / dims))
        self.log_width = nn.Parameter(torch.full((num_functions, dims), math.log(width)))

    def forward(self, position: Float[Tensor, "e *d"]) -> Float[Tensor, "e k"]:
        """``exp(−½ Σ_a ((p_a − μ_ka) / σ_ka)²)``."""
        position = _per_axis(position, self.dims)
        mean, width = self.mean.to(position.dtype), self.log_width.to(position.dtype).exp()
        z = (position.unsqueeze(1) - mean) / width
        return torch.exp(-0.5 * z.square().sum(-1))


def _per_axis(position: Tensor, dims: int) -> Tensor:
    position = position.unsqueeze(1) if position.ndim == 1 else position
    if position.ndim != 2 or position.shape[1] != dims:
        raise ValueError(
            f"`edge_attr` must be displacements of shape (e, {dims}), got {tuple(position.shape)}"
        )
    return position


def _spread(count: int, dims: int) -> Tensor:
    if dims == 1:
        return (torch.arange(count) + 0.5).unsqueeze(1) * 2 / count - 1
    step = torch.arange(count) + 0.5
    radius, angle = (step / count).sqrt(), step * math.pi * (3 - math.sqrt(5))
    plane = torch.stack([radius * angle.sin(), radius * angle.cos()], 1)
    return torch.cat([plane, torch.zeros(count, dims - 2)], 1)


class Basis(TapPsi):
    """ψ = Σ_k b_k(e_ji) W_k n_j, with e_ji the displacement of the sender.

    On a window over a full raster the displacement is a function of the tap alone, so the layer
    collapses to a convolution with ``W[o] = Σ_k b_k(e_o) W_k``.

    Args:
        basis: the functions b.
        in_channels: features of a node.
        out_channels: features of a message.

    Example:
        >>> import torch, graphvision as gv
        >>> hats = gv.nn.psi.BSplineBasis(3)
        >>> layer = gv.nn.MessagePassing(gv.nn.psi.Basis(hats, 4, 8), "sum")
        >>> window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
        >>> layer.plan(gv.nn.window_topology((6, 6), window)).name
        'raster convolution'
    """

    def __init__(self, basis: AbstractBasis, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.basis = basis
        bound = 1 / math.sqrt(in_channels * basis.num_functions)
        weight = torch.empty(basis.num_functions, in_channels, out_channels)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))

    def tap_weight(self, offsets: Float[Tensor, "k d"]) -> Float[Tensor, "c_out c_in *taps"]:
        """``Σ_k b_k(e_o) W_k`` for every tap o."""
        values = self.basis(offsets.to(self.weight))
        return torch.einsum("ok,kcd->dco", values, self.weight)

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """Taps where the topology has them, else the functions of ``edge_attr``, one by one."""
        if isinstance(edge, TapEdges):
            return super().forward(x_i, x_j, edge)
        if edge is None:
            raise ValueError("`edge_attr` must be the displacements (e, d), got None")
        values = self.basis(edge.to(x_j.dtype))
        out = x_j.new_zeros(len(x_j), self.weight.shape[2])
        for k in range(self.basis.num_functions):
            out = out + values[:, k : k + 1] * (x_j @ self.weight[k])
        return out
