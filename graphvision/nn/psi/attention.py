"""ψ = (value, logit): messages that a softmax over the neighbours weighs."""

import math
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.nn.psi.abstract import AbstractPsi, Edge
from graphvision.nn.psi.mlp import required_edge_features


class AttentionPsi(AbstractPsi):
    """ψ gives a value and a logit per head; the layer sums the softmax-weighted values."""

    heads: int

    @abstractmethod
    def logits(self, x_i: Tensor, x_j: Tensor, edge: Edge) -> Float[Tensor, "e heads"]:
        """How much each target attends to each sender, before the softmax."""

    @abstractmethod
    def values(self, x_j: Tensor, edge: Edge) -> Float[Tensor, "e c_out"]:
        """What each sender says, head after head."""

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """The values; the layer asks for the logits itself."""
        return self.values(x_j, edge)


def head_width(heads: int, out_channels: int) -> int:
    """Channels of a head.

    Raises:
        ValueError: the heads don't divide the channels.
    """
    if heads < 1 or out_channels % heads:
        raise ValueError(
            f"`heads` must divide `out_channels`, got {heads} heads of {out_channels} channels"
        )
    return out_channels // heads


class GATAttention(AttentionPsi):
    """GATv2-like attention: ``logit = aᵀ LeakyReLU(W_t n_i + W_s n_j + W_e e_ji)``, value W_s n_j.

    Args:
        in_channels: features of a node.
        out_channels: features of a message, all heads together.
        heads: independent attentions.
        edge_channels: features of an edge; 0 for none.
        slope: of the LeakyReLU below 0.

    Source:
        Brody, Alon, Yahav, How attentive are graph attention networks?, ICLR 2022, equation 7; the
        oracle is PyG's ``GATv2Conv`` (``test_gat_matches_gatv2conv``).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        heads: int = 1,
        edge_channels: int = 0,
        slope: float = 0.2,
    ) -> None:
        super().__init__()
        self.heads, self.edge_channels, self.slope = heads, edge_channels, slope
        width = head_width(heads, out_channels)
        self.source = nn.Linear(in_channels, out_channels)
        self.target = nn.Linear(in_channels, out_channels)
        self.edge = nn.Linear(edge_channels, out_channels, bias=False) if edge_channels else None
        self.vector = nn.Parameter(torch.randn(heads, width) / math.sqrt(width))

    def logits(self, x_i: Tensor, x_j: Tensor, edge: Edge) -> Float[Tensor, "e heads"]:
        """The vector's product with the sum of both ends and the edge."""
        mixed = self.target(x_i) + self.source(x_j)
        if self.edge is not None:
            mixed = mixed + self.edge(required_edge_features(edge, x_j, self.edge_channels))
        mixed = nn.functional.leaky_relu(mixed, self.slope).view(len(x_j), self.heads, -1)
        return torch.sum(mixed * self.vector, -1)

    def values(self, x_j: Tensor, edge: Edge) -> Float[Tensor, "e c_out"]:
        """The transformed senders."""
        out: Tensor = self.source(x_j)
        return out


class DotProductAttention(AttentionPsi):
    """Transformer attention: ``logit = (W_q n_i)·(W_k n_j + W_e e_ji)/√d``, value W_v n_j + W_e e.

    On a complete graph this is multi-head self-attention.

    Args:
        in_channels: features of a node.
        out_channels: features of a message, all heads together.
        heads: independent attentions.
        edge_channels: features of an edge; 0 for none.

    Source:
        Shi et al., Masked label prediction, IJCAI 2021, equations 3-4; the oracles are PyG's
        ``TransformerConv`` and torch's ``scaled_dot_product_attention``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, heads: int = 1, edge_channels: int = 0
    ) -> None:
        super().__init__()
        self.heads, self.edge_channels = heads, edge_channels
        self.scale = 1 / math.sqrt(max(1, head_width(heads, out_channels)))
        self.query = nn.Linear(in_channels, out_channels)
        self.key = nn.Linear(in_channels, out_channels)
        self.value = nn.Linear(in_channels, out_channels)
        self.edge = nn.Linear(edge_channels, out_channels, bias=False) if edge_channels else None

    def _edge_term(self, edge: Edge, like: Tensor) -> Tensor | float:
        if self.edge is None:
            return 0.0
        term: Tensor = self.edge(required_edge_features(edge, like, self.edge_channels))
        return term

    def logits(self, x_i: Tensor, x_j: Tensor, edge: Edge) -> Float[Tensor, "e heads"]:
        """The scaled dot product of query and key."""
        query = self.query(x_i).view(len(x_j), self.heads, -1)
        key = (self.key(x_j) + self._edge_term(edge, x_j)).view(len(x_j), self.heads, -1)
        return torch.sum(query * key, -1) * self.scale

    def values(self, x_j: Tensor, edge: Edge) -> Float[Tensor, "e c_out"]:
        """The transformed senders and edges."""
        out: Tensor = self.value(x_j) + self._edge_term(edge, x_j)
        return out
