"""What a message function ψ(n_i, n_j, e_ji) says of itself, so that it can be lowered."""

from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


@dataclass(frozen=True)
class TapEdges:
    """The edge attribute of a window: which tap an edge is, and its factor.

    Attributes:
        tap: tap of every edge.
        weight: factor of every edge, or None for 1.
        offsets: position of every tap relative to the window's centre, in pixels.
    """

    tap: Int[Tensor, " e"]
    weight: Float[Tensor, " e"] | None
    offsets: Float[Tensor, "k d"]

    @property
    def displacement(self) -> Float[Tensor, "e d"]:
        """Position of every edge's tap."""
        return self.offsets.to(self.tap.device)[self.tap]


Edge = Tensor | TapEdges | None
EdgeKind = Literal["none", "attribute", "taps", "weighted taps"]


class AbstractPsi(nn.Module):
    """A message function. Subclasses of the classes below are lowered; others run as written."""

    @property
    def plan_key(self) -> Hashable:
        """What a plan may depend on besides the class."""
        return None

    @abstractmethod
    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """The messages of all edges, ``[e, c_out]``."""


class ScalarPsi(AbstractPsi):
    """ψ = w(e_ji) · n_j with a number per edge, or per edge and head."""

    @abstractmethod
    def scale(self, edge: Edge) -> Tensor | None:
        """The numbers, ``[e]`` or ``[e, heads]``, or None for 1."""

    @abstractmethod
    def scales(self, kind: EdgeKind) -> bool:
        """Whether :meth:`scale` gives numbers for edges of this kind."""

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """The scaled features of the senders."""
        scale = self.scale(edge)
        if scale is None:
            return x_j
        scale = scale.to(x_j.dtype)
        scale = scale.unsqueeze(1) if scale.ndim == 1 else scale
        heads = torch.unflatten(x_j, 1, (scale.shape[1], -1))
        return (heads * scale.unsqueeze(-1)).flatten(1)


class SourcePsi(AbstractPsi):
    """ψ = f(n_j): may be applied to the nodes before they are gathered, whatever ⊕ is."""

    @abstractmethod
    def transform(self, x: Float[Tensor, "n c"]) -> Float[Tensor, "n c_out"]:
        """f, row by row."""

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """The function of every sender."""
        return self.transform(x_j)


class TapPsi(AbstractPsi):
    """ψ = w_e · W_k n_j where k is the edge's tap: linear in n_j, without a bias inside."""

    groups: int = 1

    @abstractmethod
    def tap_weight(self, offsets: Float[Tensor, "k d"]) -> Float[Tensor, "c_out c_in *taps"]:
        """``W`` of every tap, in torch's layout: out, in / groups, taps (flat or per axis)."""

    @property
    def plan_key(self) -> Hashable:
        """Taps are lowered alike for all weights."""
        return self.groups

    def forward(self, x_i: Tensor | None, x_j: Tensor, edge: Edge) -> Tensor:
        """One matrix product per tap, on the edges that have it."""
        if not isinstance(edge, TapEdges):
            raise ValueError(
                "`edge_attr` must be left out: the messages read the taps of a topology made from "
                f"a window, got {type(edge).__name__}"
            )
        weight = checked_taps(self.tap_weight(edge.offsets), len(edge.offsets))
        out = x_j.new_zeros(len(x_j), weight.shape[0])
        for tap in range(weight.shape[2]):
            here = (edge.tap == tap).nonzero().flatten()
            message = grouped_linear(x_j.index_select(0, here), weight[:, :, tap], self.groups)
            out = out.index_copy(0, here, message)
        return out if edge.weight is None else out * edge.weight.to(out.dtype).unsqueeze(1)


def checked_taps(
    weight: Float[Tensor, "c_out c_in *taps"], num_taps: int
) -> Float[Tensor, "c_out c_in k"]:
    """The matrices of all taps, flat.

    Raises:
        ValueError: there are not as many as the topology has taps.
    """
    flat = weight.flatten(2)
    if flat.shape[2] != num_taps:
        raise ValueError(
            f"`weight` must have one matrix for each of the topology's {num_taps} taps, "
            f"got {tuple(weight.shape)}"
        )
    return flat


def grouped_linear(
    x: Float[Tensor, "e c_in"], weight: Float[Tensor, "c_out c_group"], groups: int
) -> Float[Tensor, "e c_out"]:
    """``x`` times the block-diagonal matrix whose blocks are stacked in ``weight``."""
    if groups == 1:
        return x @ weight.T
    blocks = weight.reshape(groups, -1, weight.shape[1])
    parts = torch.unflatten(x, 1, (groups, -1)).transpose(0, 1)
    return (parts @ blocks.transpose(1, 2)).transpose(0, 1).flatten(1)
