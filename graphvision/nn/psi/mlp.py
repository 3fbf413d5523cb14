"""ψ = a neural network of both ends and the edge, as the course draws it."""

from collections.abc import Hashable

import torch
from torch import Tensor, nn

from graphvision.nn.psi.abstract import AbstractPsi, Edge, TapEdges


def edge_features(edge: Edge, like: Tensor) -> Tensor | None:
    """The edge attribute as a matrix ``[e, d]``; the displacement where edges are taps."""
    if isinstance(edge, TapEdges):
        edge = edge.displacement
    if edge is None:
        return None
    return (edge.unsqueeze(1) if edge.ndim == 1 else edge).to(like.dtype)


def required_edge_features(edge: Edge, like: Tensor, channels: int) -> Tensor:
    """The edge attribute as a matrix ``[e, channels]``.

    Raises:
        ValueError: there is none, or it has another width.
    """
    features = edge_features(edge, like)
    if features is None or features.shape[1] != channels:
        got = None if features is None else tuple(features.shape)
        raise ValueError(f"`edge_attr` must have shape (e, {channels}), got {got}")
    return features


def required_targets(x_i: Tensor | None) -> Tensor:
    """The features of the targets.

    Raises:
        ValueError: there are none.
    """
    if x_i is None:
        raise ValueError("`x` must hold features of the targets too, (sources, targets)")
    return x_i


class MLP(AbstractPsi):
    """ψ = MLP([n_i, n_j, e_ji]).

    Args:
        in_channels: features of a node.
        out_channels: features of a message.
        hidden: width of the hidden layer.
        edge_channels: features of an edge; 0 for none.
        activation: made once, between the two layers.

    Source:
        Battaglia et al. 2018, the edge function of a graph network block.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        hidden: int | None = None,
        edge_channels: int = 0,
        activation: type[nn.Module] = nn.GELU,
    ) -> None:
        super().__init__()
        width = out_channels if hidden is None else hidden
        self.edge_channels = edge_channels
        self.net = nn.Sequential(
            nn.Linear(2 * in_channels + edge_channels, width),
            activation(),
            nn.Linear(width, out_channels),
        )

    @property
    def first(self) -> nn.Linear:
        """The layer of ``[n_i, n_j, e_ji]``."""
        layer = self.net[0]
        assert isinstance(layer, nn.Linear), "made in __init__"
        return layer

    @property
    def activation(self) -> nn.Module:
        """What stands between the two layers."""
        return self.net[1]

    @property
    def last(self) -> nn.Linear:
        """The layer of the hidden features."""
        layer = self.net[2]
        assert isinstance(layer, nn.Linear), "made in __init__"
        return layer

    @property
    def plan_key(self) -> Hashable:
        """The layers, whose activation has a kernel or not."""
        return repr(self.net)

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """The network's output for every edge."""
        parts = [required_targets(x_i), x_j]
        if self.edge_channels:
            parts.append(required_edge_features(edge, x_j, self.edge_channels))
        out: Tensor = self.net(torch.cat(parts, 1))
        return out
