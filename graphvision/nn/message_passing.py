"""The one layer: ``n_i' = φ(n_i, ⊕_{j∈N(i)} ψ(n_i, n_j, e_ji))``."""

from collections.abc import Callable
from typing import Any, Optional

import torch
import torch_geometric.nn
from torch import Tensor
from torch_geometric.typing import OptTensor
from torch_geometric.utils import softmax

from graphvision.graphs.topology import Topology, edge_topology
from graphvision.nn import aggregators, planner
from graphvision.nn.lower_csr import edge_argument
from graphvision.nn.phi import Bias
from graphvision.nn.plan import Plan, Request
from graphvision.nn.psi.abstract import AbstractPsi, TapEdges
from graphvision.nn.psi.attention import AttentionPsi

Psi = Callable[..., Tensor]
Phi = Callable[[Tensor | None, Tensor], Tensor]


class MessagePassing(torch_geometric.nn.MessagePassing):  # type: ignore[misc]
    """``n_i' = φ(n_i, ⊕_{j∈N(i)} ψ(n_i, n_j, e_ji))`` on a topology or on PyG's ``edge_index``.

    Meaning first: gather → ψ → scatter defines the result, and runs for any callable ψ. Where ψ and
    ⊕ say enough of themselves, a faster form with the same result runs instead; :meth:`plan` says
    which, and why. The layer is a PyG ``MessagePassing``: while PyG's ``Explainer`` masks edges,
    the reference runs.

    Args:
        psi: an object from ``gv.nn.psi``, or any callable ``psi(n_i, n_j, e_ji)`` that maps
            ``[e, c]``, ``[e, c]`` and ``[e, d]`` (or None) to messages ``[e, c_out]``.
        aggr: a PyG aggregation by name or object, or several names, concatenated.
        phi: any callable ``phi(n_i, aggregated)``; None for the aggregated messages themselves.
        lower: False for the scatter path: no convolution or pooling of torch's stands in.
        backend: ``"auto"``, ``"numba"``, or ``"reference"`` for gather → ψ → scatter.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.rand(3, 8, 8))
        >>> layer = gv.nn.MessagePassing(lambda n_i, n_j, e_ji: n_j - n_i, "max")
        >>> layer(graph.x, graph.edge_index).shape
        torch.Size([64, 3])

    Source:
        Gilmer et al., Neural message passing for quantum chemistry, ICML 2017, section 2.
    """

    psi: Any
    phi: Any

    def __init__(
        self,
        psi: Psi | None = None,
        aggr: aggregators.Aggr = "sum",
        phi: Phi | None = None,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__(aggr=aggregators.for_pyg(aggr), node_dim=0)
        self.aggregators = aggregators.names(aggr)
        self.lower = lower
        self.backend = backend
        if psi is not None:
            self.psi = psi
        if phi is not None or not hasattr(type(self), "phi"):
            self.phi = phi

    def forward(
        self,
        x: Tensor | tuple[Tensor, Tensor],
        edges: Topology | Tensor,
        edge_attr: Tensor | None = None,
    ) -> Tensor:
        """One step of message passing.

        Args:
            x: node features ``[n, c]``, or those of sources and targets.
            edges: a topology, or ``edge_index`` ``[2, e]`` in any order.
            edge_attr: ``[e]`` or ``[e, d]`` in the order of ``edges``; on a topology made from a
                window it may be left out: ψ is then given the taps, or a plain callable the
                displacement of each edge's tap in pixels.

        Returns:
            Features of the targets, ``[m, c_out]``.

        Raises:
            ValueError: shapes that don't fit.
        """
        source, target = x if isinstance(x, tuple) else (x, x)
        if isinstance(edges, Topology):
            topology = edges
        elif self.explain:
            return self._explained(source, target, edges, edge_attr)
        else:
            topology = edge_topology(edges, len(source), len(target))
        return self._pass(
            source, target if _has_targets(x, topology) else None, topology, edge_attr
        )

    def _pass(
        self, source: Tensor, target: Tensor | None, topology: Topology, edge_attr: Tensor | None
    ) -> Tensor:
        _check_nodes(source, target, topology)
        plan = self.plan(topology, source, has_edge_attr=edge_attr is not None)
        if plan.lowering is None or self.explain:
            return self._reference(source, target, topology, edge_attr)
        out = plan.lowering.run(self, source, topology, edge_attr)
        return out if plan.lowering.adds_bias else self._update(target, out)

    def plan(
        self, topology: Topology, x: Tensor | None = None, *, has_edge_attr: bool = False
    ) -> Plan:
        """Which form of this layer runs on ``topology``, why, and whether it is deterministic.

        Args:
            topology: the edges.
            x: features whose device and dtype count; float32 on the CPU by default.
            has_edge_attr: whether edge attributes will be given.
        """
        device = x.device if x is not None else torch.device("cpu")
        dtype = x.dtype if x is not None else torch.float32
        key = (*self._plan_key(), device, dtype, has_edge_attr)
        found: Plan | None = topology.plans.get(key)
        if found is None:
            request = Request(self, topology, device, dtype, has_edge_attr)
            found = topology.plans[key] = planner.choose(request)
        return planner.checked(found)

    def _plan_key(self) -> tuple[Any, ...]:
        psi = self.psi
        own = psi.plan_key if isinstance(psi, AbstractPsi) else None
        bias = isinstance(self.phi, Bias)
        return (type(psi), own, self.aggregators, bias, self.lower, self.backend)

    def _update(self, target: Tensor | None, aggregated: Tensor) -> Tensor:
        out: Tensor = aggregated if self.phi is None else self.phi(target, aggregated)
        return out

    def _reference(
        self, source: Tensor, target: Tensor | None, topology: Topology, edge_attr: Tensor | None
    ) -> Tensor:
        edge = edge_argument(topology, topology.edges, edge_attr)
        taps = edge if isinstance(edge, TapEdges) else None
        first = topology.raster is not None and self.aggregators in (("max",), ("min",))
        out = self.propagate(
            topology.edge_index,
            size=(topology.num_sources, topology.num_targets),
            x=(source, target),
            edge_attr=None if taps else edge,
            tap=taps.tap if taps else None,
            weight=taps.weight if taps else None,
            offsets=taps.offsets if taps else None,
            first_wins=first,
        )
        return self._update(target, out)

    def _explained(
        self, source: Tensor, target: Tensor, edge_index: Tensor, edge_attr: Tensor | None
    ) -> Tensor:
        """As the reference, in the order of ``edge_index``, which is the order of the mask."""
        out = self.propagate(
            edge_index,
            size=(len(source), len(target)),
            x=(source, target),
            edge_attr=edge_attr,
            tap=None,
            weight=None,
            offsets=None,
            first_wins=False,
        )
        return self._update(target, out)

    def message(
        self,
        x_i: OptTensor,
        x_j: Tensor,
        edge_attr: OptTensor,
        tap: OptTensor,
        weight: OptTensor,
        offsets: OptTensor,
        index: Tensor,
        size_i: Optional[int],  # noqa: UP045 - PyG reads signatures and knows no int | None
    ) -> Tensor:
        """ψ of every edge; attention weighs its values here."""
        edge: Tensor | TapEdges | None = edge_attr
        if tap is not None:
            edge = TapEdges(tap, weight, offsets)
        if isinstance(self.psi, AttentionPsi):
            if x_i is None:
                raise ValueError("`x` must hold features of the targets too, (sources, targets)")
            logits = self.psi.logits(x_i, x_j, edge)
            share = softmax(logits, index, num_nodes=size_i)
            values = self.psi(x_i, x_j, edge).view(len(x_j), self.psi.heads, -1)
            return torch.flatten(share.unsqueeze(-1) * values, 1)
        if isinstance(edge, TapEdges) and not isinstance(self.psi, AbstractPsi):
            edge = edge.displacement.to(x_j.dtype)
        out: Tensor = self.psi(x_i, x_j, edge)
        return out

    def aggregate(
        self,
        inputs: Tensor,
        index: Tensor,
        ptr: OptTensor = None,
        dim_size: Optional[int] = None,  # noqa: UP045
        first_wins: bool = False,
    ) -> Tensor:
        """⊕; on windows the first of equal extremes gets the gradient, as in torch's pooling."""
        if first_wins and dim_size is not None and self.aggregators:
            name = self.aggregators[0]
            return aggregators.extreme(inputs, index, dim_size, reduce=name, ties="first")
        out: Tensor = super().aggregate(inputs, index, ptr=ptr, dim_size=dim_size)
        return out


def _has_targets(x: Tensor | tuple[Tensor, Tensor], topology: Topology) -> bool:
    return isinstance(x, tuple) or topology.num_targets == topology.num_sources


def _check_nodes(source: Tensor, target: Tensor | None, topology: Topology) -> None:
    if source.ndim != 2 or len(source) != topology.num_sources:
        raise ValueError(
            f"`x` must have shape ({topology.num_sources}, c), got {tuple(source.shape)}"
        )
    if target is not None and len(target) != topology.num_targets:
        raise ValueError(f"`x` must have {topology.num_targets} targets, got {tuple(target.shape)}")
