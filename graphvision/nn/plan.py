"""Which kernel a layer runs on a topology, why, and what was refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from graphvision.graphs.topology import Topology

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing


class Nodes(NamedTuple):
    """Features of the nodes that send and, where they are known, of those that receive."""

    source: Tensor
    target: Tensor | None


Run = Callable[["MessagePassing", Nodes, Topology, Tensor | None], Tensor]
RunOnImage = Callable[["MessagePassing", Tensor, Topology], Tensor]


@dataclass(frozen=True)
class Lowering:
    """A faster form with the same result.

    Attributes:
        name: what runs.
        reason: why it may.
        run: ``run(layer, nodes, topology, edge_attr)`` gives ⊕ψ, with φ's bias where ``adds_bias``.
        on_image: the same on the image that the nodes of a full raster are, where there is one.
        adds_bias: whether ``run`` adds the bias of a ``Bias`` φ itself.
        op: of ``gv.kernels`` that the edges go through; None where torch's own layers do the work.
    """

    name: str
    reason: str
    run: Run
    on_image: RunOnImage | None = None
    adds_bias: bool = False
    op: str | None = None


@dataclass(frozen=True)
class Request:
    """What a plan depends on."""

    layer: "MessagePassing"
    topology: Topology
    device: torch.device
    dtype: torch.dtype
    has_edge_attr: bool

    @property
    def aggregators(self) -> tuple[str, ...] | None:
        """Names of ⊕ in lower case; None for an aggregation that only PyG knows."""
        return self.layer.aggregators


@dataclass(frozen=True)
class Plan:
    """The chosen form of a layer on a topology.

    Attributes:
        name: what runs, ``"reference"`` for gather → ψ → scatter.
        reason: why.
        deterministic: whether it gives the same bits every time on this device.
        refused: the forms that were tried before, each with its reason.
    """

    name: str
    reason: str
    deterministic: bool
    refused: tuple[tuple[str, str], ...] = ()
    lowering: Lowering | None = field(default=None, repr=False)

    def __str__(self) -> str:
        lines = [
            f"{self.name}: {self.reason} ({'' if self.deterministic else 'not '}deterministic)"
        ]
        return "\n".join([*lines, *(f"  not {name}: {why}" for name, why in self.refused)])
