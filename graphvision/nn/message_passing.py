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
from graphvision.nn.plan import Nodes, Plan, Request
from graphvision.nn.psi.abstract import AbstractPsi, TapEdges
from graphvision.nn.psi.attention import AttentionPsi
from graphvision.nn.psi.mlp import required_targets
from graphvision.nn.ran import note

BACKENDS = ("auto", "reference", "numba", "torch_scatter")
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
        backend: ``"auto"``, ``"numba"``, ``"torch_scatter"`` for the sums and extremes of that
            package, or ``"reference"`` for gather → ψ → scatter. By a package's name no raster form
            of torch's runs, and a layer without any form in rows raises ``BackendUnavailable``.

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
        if psi is None and not hasattr(type(self), "psi"):
            raise ValueError("`psi` must be a message function, got None")
        if backend not in BACKENDS:
            raise ValueError(f"`backend` must be one of {list(BACKENDS)}, got {backend!r}")
        self.aggregators = aggregators.names(aggr)
        self.lower = lower
        self.backend = backend
        if psi is not None:
            self.psi = psi
        if phi is not None or not hasattr(type(self), "phi"):
            self.phi = phi

    def forward(
        self,
        x: Tensor | tuple[Tensor, Tensor | None],
        edges: Topology | Tensor,
        edge_attr: Tensor | None = None,
    ) -> Tensor:
        """One step of message passing.

        Args:
            x: node features ``[n, c]``, or those of sources and targets.
            edges: a topology, or ``edge_index`` ``[2, e]`` in any order.
            edge_attr: ``[e]`` or ``[e, d]`` in the order of ``edges``, which is that of
                ``topology.edge_index`` for a topology; on a topology made from a
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
        else:
            topology = edge_topology(edges, len(source), len(source if target is None else target))
            _check_edge_attr(edge_attr, topology)
            if self._watched:
                return self._propagate(source, target, topology, edges, edge_attr)
            order = topology.edges.order
            if edge_attr is not None and order is not None:
                edge_attr = edge_attr[order]
        return self._pass(
            source, target if _has_targets(x, topology) else None, topology, edge_attr
        )

    def _pass(
        self, source: Tensor, target: Tensor | None, topology: Topology, edge_attr: Tensor | None
    ) -> Tensor:
        _check_nodes(source, target, topology)
        _check_edge_attr(edge_attr, topology)
        plan = self.plan(topology, source, has_edge_attr=edge_attr is not None)
        note(plan, topology)
        if plan.lowering is None or self._watched:
            return self._propagate(source, target, topology, topology.edge_index, edge_attr)
        out = plan.lowering.run(self, Nodes(source, target), topology, edge_attr)
        return out if plan.lowering.adds_bias else self._update(target, out)

    @property
    def _watched(self) -> bool:
        """Whether an explainer or a hook of PyG's wants to see the messages."""
        return bool(
            self.explain
            or self._message_forward_hooks
            or self._message_forward_pre_hooks
            or self._propagate_forward_hooks
            or self._propagate_forward_pre_hooks
            or self._aggregate_forward_hooks
            or self._aggregate_forward_pre_hooks
        )

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
        strict = torch.are_deterministic_algorithms_enabled()
        key = (*self._plan_key(), device, dtype, has_edge_attr, strict)
        found: Plan | None = topology.plans.get(key)
        if found is None:
            request = Request(self, topology, device, dtype, has_edge_attr)
            found = topology.plans[key] = planner.choose(request)
        return found

    def _plan_key(self) -> tuple[Any, ...]:
        psi = self.psi
        own = psi.plan_key if isinstance(psi, AbstractPsi) else None
        bias = isinstance(self.phi, Bias)
        return (type(psi), own, self.aggregators, bias, self.lower, self.backend)

    def _update(self, target: Tensor | None, aggregated: Tensor) -> Tensor:
        out: Tensor = aggregated if self.phi is None else self.phi(target, aggregated)
        return out

    def _propagate(
        self,
        source: Tensor,
        target: Tensor | None,
        topology: Topology,
        edge_index: Tensor,
        edge_attr: Tensor | None,
    ) -> Tensor:
        """Gather → ψ → scatter, in the order of ``edge_index``: the order of an edge mask."""
        edge = edge_argument(topology, edge_attr)
        taps = edge if isinstance(edge, TapEdges) else None
        with aggregators.on_topology(topology):
            out = self.propagate(
                edge_index,
                size=(topology.num_sources, topology.num_targets),
                x=(source, target),
                edge_attr=None if taps else edge,
                tap=taps.tap if taps else None,
                weight=taps.weight if taps else None,
                offsets=taps.offsets if taps else None,
            )
        if self.aggregators and len(self.aggregators) == 1:
            out = aggregators.fill_empty(out, topology, self.aggregators[0])
        return self._update(target, out)

    def explain_message(self, inputs: Tensor, dim_size: Optional[int]) -> Tensor:  # noqa: UP045
        """PyG's masking of messages.

        Raises:
            ValueError: the mask is that of other edges, as in a network with several edge sets.
        """
        mask = self._edge_mask
        if mask is not None and len(mask) != len(inputs):
            raise ValueError(
                f"the edge mask must have one entry for each of the {len(inputs)} edges of "
                f"{type(self).__name__}, got {len(mask)}: edge masks need a network with one edge "
                "set; use a node mask"
            )
        out: Tensor = super().explain_message(inputs, dim_size)
        return out

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
            logits = self.psi.logits(required_targets(x_i), x_j, edge)
            share = softmax(logits, index, num_nodes=size_i)
            values = self.psi(x_i, x_j, edge).view(len(x_j), self.psi.heads, -1)
            return torch.flatten(share.unsqueeze(-1) * values, 1)
        if isinstance(edge, TapEdges) and not isinstance(self.psi, AbstractPsi):
            edge = edge.displacement.to(x_j.dtype)
        out: Tensor = self.psi(x_i, x_j, edge)
        return out


def _has_targets(x: Tensor | tuple[Tensor, Tensor | None], topology: Topology) -> bool:
    return isinstance(x, tuple) or topology.num_targets == topology.num_sources


def _check_edge_attr(edge_attr: Tensor | None, topology: Topology) -> None:
    if edge_attr is not None and (edge_attr.ndim == 0 or len(edge_attr) != topology.num_edges):
        raise ValueError(
            f"`edge_attr` must have {topology.num_edges} rows, one per edge, "
            f"got {tuple(edge_attr.shape)}"
        )


def _check_nodes(source: Tensor, target: Tensor | None, topology: Topology) -> None:
    if source.ndim != 2 or len(source) != topology.num_sources:
        raise ValueError(
            f"`x` must have shape ({topology.num_sources}, c), got {tuple(source.shape)}"
        )
    if target is not None and len(target) != topology.num_targets:
        raise ValueError(f"`x` must have {topology.num_targets} targets, got {tuple(target.shape)}")
