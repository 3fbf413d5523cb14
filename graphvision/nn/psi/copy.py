"""ψ = n_j, and ψ = e_ji · n_j."""

from torch import Tensor

from graphvision.nn.psi.abstract import Edge, EdgeKind, ScalarPsi, TapEdges


class Copy(ScalarPsi):
    """ψ = n_j: the message is the sender.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "max")
        >>> layer(torch.tensor([[1.0], [5.0]]), torch.tensor([[1], [0]]))
        tensor([[5.],
                [0.]])
    """

    def scale(self, edge: Edge) -> Tensor | None:
        """Nothing."""
        return None

    def scales(self, kind: EdgeKind) -> bool:
        """Never."""
        return False


class ScaledCopy(ScalarPsi):
    """ψ = e_ji · n_j with a number per edge, or per edge and head.

    On a topology made from a window the number is the topology's own: the share of a region, and
    what a pooled sum is divided by.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.MessagePassing(gv.nn.psi.ScaledCopy(), "sum")
        >>> layer(torch.tensor([[1.0], [5.0]]), torch.tensor([[1], [0]]), torch.tensor([0.5]))
        tensor([[2.5000],
                [0.0000]])
    """

    def scale(self, edge: Edge) -> Tensor | None:
        """The edge attribute itself, or the weight of the window's edge."""
        return edge.weight if isinstance(edge, TapEdges) else edge

    def scales(self, kind: EdgeKind) -> bool:
        """Where there is an edge attribute or a weight."""
        return kind in ("attribute", "weighted taps")
