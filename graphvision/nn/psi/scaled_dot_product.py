"""ψ of attention between queries, keys and values that are there already."""

from collections.abc import Hashable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.nn.psi.abstract import Edge, TapEdges
from graphvision.nn.psi.attention import AttentionPsi, head_width


class ScaledDotProduct(AttentionPsi):
    """Attention without maps of its own: ``logit = scale · q_i·k_j + e_ji``, value v_j.

    A target's features are its query, a sender's are its key and value side by side; e_ji, where it
    is given, is a number per edge, or per edge and head, such as a mask or a bias of position.
    :class:`DotProductAttention` is the same with linear maps before it.

    Args:
        channels: of the queries, of the keys and of the values, all heads together.
        heads: independent attentions.
        scale: factor of the products; ``1 / √(channels / heads)`` by default.
        dropout: probability that an edge falls silent for a head, in training.

    Example:
        >>> import torch, graphvision as gv
        >>> query, key, value = torch.rand(4, 8), torch.rand(6, 8), torch.rand(6, 8)
        >>> layer = gv.nn.MessagePassing(gv.nn.psi.ScaledDotProduct(8, heads=2), "sum")
        >>> topology = gv.nn.complete_topology(1, 4, 6)
        >>> layer((torch.cat([key, value], 1), query), topology).shape
        torch.Size([4, 8])

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, equation 1; the oracle is torch's
        ``scaled_dot_product_attention``.
    """

    edge = None  # no map of e_ji, which is a part of the logit itself

    def __init__(
        self, channels: int, *, heads: int = 1, scale: float | None = None, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.channels, self.heads, self.dropout = channels, heads, dropout
        self.scale = max(1, head_width(heads, channels)) ** -0.5 if scale is None else scale

    @property
    def drops(self) -> bool:
        """Whether edges fall silent now."""
        return self.training and self.dropout > 0

    @property
    def plan_key(self) -> Hashable:
        """What kernels know of."""
        return self.drops

    def query(self, x_i: Tensor) -> Tensor:
        """The query of every target."""
        return x_i

    def key(self, x_j: Tensor) -> Tensor:
        """The key of every sender."""
        return x_j[:, : self.channels]

    def value(self, x_j: Tensor) -> Tensor:
        """The value of every sender."""
        return x_j[:, self.channels :]

    def logits(self, x_i: Tensor, x_j: Tensor, edge: Edge) -> Float[Tensor, "e heads"]:
        """The scaled dot product of query and key, and what the edge adds."""
        product = torch.unflatten(self.query(x_i) * self.key(x_j), 1, (self.heads, -1))
        logits = torch.sum(product, -1) * self.scale
        if edge is None or isinstance(edge, TapEdges):
            return logits
        return logits + _checked_bias(edge, logits)

    def values(self, x_j: Tensor, edge: Edge) -> Float[Tensor, "e c_out"]:
        """The values; those of silent edges are 0, the others grow to make up for it."""
        value = self.value(x_j)
        if not self.drops:
            return value
        heard = nn.functional.dropout(value.new_ones(len(value), self.heads, 1), self.dropout)
        return torch.flatten(torch.unflatten(value, 1, (self.heads, -1)) * heard, 1)


def _checked_bias(edge: Tensor, logits: Tensor) -> Tensor:
    want = ((len(logits),), (len(logits), 1), tuple(logits.shape))
    if tuple(edge.shape) not in want:
        raise ValueError(
            f"`edge_attr` must have shape {want[0]} or {want[2]}, one number per edge or per edge "
            f"and head, got {tuple(edge.shape)}"
        )
    return edge.view(len(logits), -1).to(logits.dtype)
