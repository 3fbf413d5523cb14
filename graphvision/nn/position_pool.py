"""Reading a whole graph out without losing where things are."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.kernels.basis import basis_gather
from graphvision.kernels.gather import Csr
from graphvision.nn.psi.basis import BSplineBasis


class PositionPool(nn.Module):
    """Average the nodes around every point of a lattice that is stretched over the image.

    ``out_bk = Σ_{j∈b} s_k(p_j) n_j / max(Σ_{j∈b} s_k(p_j), floor)`` with hat functions s_k centred
    on the ``size × size`` points; nodes beyond the outermost points count as if they lay on them.
    The result is continuous in the positions and the same for any order of the nodes.

    Args:
        size: points per axis, ≥ 1.
        dims: axes of the image.
        floor: least divisor, so that a point with hardly a node near it reads hardly anything.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` or ``"torch_scatter"``.

    Raises:
        ValueError: ``size`` or ``floor`` isn't positive.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.arange(16.0).view(1, 4, 4))
        >>> PositionPool(2)(graph.x, graph)
        tensor([[ 3.1250,  4.8750, 10.1250, 11.8750]])

    Source:
        Fey et al., SplineCNN, CVPR 2018, section 3.2 for the functions; the oracle is a float64
        loop (``test_matches_oracle``).
    """

    def __init__(
        self, size: int, *, dims: int = 2, floor: float = 0.1, backend: str = "auto"
    ) -> None:
        super().__init__()
        if size < 1 or floor <= 0:
            raise ValueError(f"`size` and `floor` must be positive, got {size} and {floor}")
        self.size, self.floor, self.backend = size, floor, backend
        self.basis = BSplineBasis(size, dims)

    def forward(self, x: Float[Tensor, "n c"], graph: Any) -> Float[Tensor, "b kc"]:
        """Pool.

        Args:
            x: features of the nodes.
            graph: an ``ImageGraph`` or a batch of them, for the positions.

        Returns:
            One row per image, all channels of the first point (top left), then of the next in
            row-major order; 0 where no node is near.
        """
        csr = Csr(graph.node_ptr, torch.arange(len(x), device=x.device), len(x))
        extent = graph.image_size.to(x.dtype)[csr.row]
        place = ((graph.pos.to(x.dtype) + 0.5) / extent - 0.5) * self.size
        rim = (self.size - 1) / 2
        share = self.basis(place.clamp(-rim, rim))
        total = share.new_zeros(csr.num_targets, share.shape[1]).index_add_(0, csr.row, share)
        share = share / total.clamp(min=self.floor)[csr.row]
        return basis_gather(x, csr, share, backend=self.backend)

    def multiply_adds(self, inputs: Any, output: Tensor) -> int:
        """Every node is near two points per axis."""
        return int(inputs[0].numel() * 2**self.basis.dims)
