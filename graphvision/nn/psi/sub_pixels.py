"""ψ = the channels of n_j that belong to the edge's tap, and n_j as those channels."""

import torch
from torch import Tensor

from graphvision.nn.psi.abstract import AbstractPsi, Edge, TapEdges


class SubPixels(AbstractPsi):
    """ψ_c = e_ji · n_{j, cK + k} for tap k of K: what is behind each other comes side by side.

    With ⊕ = sum on a transposed window whose stride is its kernel this is ``PixelShuffle``.

    Args:
        num_taps: K.
        inverse: ψ_{cK + k} = e_ji · n_{j, c} and 0 elsewhere: ``PixelUnshuffle``.

    Example:
        >>> import torch, graphvision as gv
        >>> window = gv.nn.TransposedWindow.make(2, dims=1, stride=2)
        >>> layer = gv.nn.MessagePassing(gv.nn.psi.SubPixels(2), "sum")
        >>> layer(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), gv.nn.window_topology((2,), window)).T
        tensor([[1., 2., 3., 4.]])
    """

    def __init__(self, num_taps: int, *, inverse: bool = False) -> None:
        super().__init__()
        self.num_taps, self.inverse = num_taps, inverse

    @property
    def plan_key(self) -> bool:
        """The direction."""
        return self.inverse

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """The messages of all edges.

        Raises:
            ValueError: edges without taps.
        """
        if not isinstance(edge, TapEdges):
            raise ValueError(
                "`edge_attr` must be left out: the messages read the taps of a topology made from "
                f"a window, got {type(edge).__name__}"
            )
        tap = edge.tap[:, None, None]
        if self.inverse:
            slots = x_j.new_zeros(*x_j.shape, self.num_taps)
            out = slots.scatter(2, tap.expand(*x_j.shape, 1), x_j.unsqueeze(2)).flatten(1)
        else:
            parts = torch.unflatten(x_j, 1, (-1, self.num_taps))
            out = parts.gather(2, tap.expand(-1, parts.shape[1], 1)).squeeze(2)
        return out if edge.weight is None else out * edge.weight.to(out.dtype).unsqueeze(1)
