"""Any topology: fused gather-reduce in rows, without a buffer of messages."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from graphvision.graphs.topology import Edges, Topology
from graphvision.kernels.gather import REDUCTIONS, gather_reduce
from graphvision.nn.plan import Lowering, Request
from graphvision.nn.psi import ScalarPsi, SourcePsi, TapEdges, TapPsi

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing


def gather(request: Request) -> Lowering | str:
    """ψ = w_e n_j, or any function of n_j alone: gather-reduce with a weight per edge."""
    psi, names = request.layer.psi, request.aggregators
    if not isinstance(psi, (ScalarPsi, SourcePsi)):
        return "ψ is neither a scaled copy nor a function of n_j alone"
    if names is None or not set(names) <= set(REDUCTIONS):
        return f"⊕ is not among {', '.join(REDUCTIONS)}"
    weighted = isinstance(psi, ScalarPsi) and psi.scale(_sample_edge(request)) is not None
    if weighted and not set(names) <= {"sum", "mean"}:
        return "a weighted extreme or deviation has no kernel"
    first = "ψ = w(e_ji) · n_j" if isinstance(psi, ScalarPsi) else "ψ is a function of n_j alone"
    return Lowering("gather-reduce", f"{first}, ⊕ = {' | '.join(names)}", _gather)


def _sample_edge(request: Request) -> Tensor | TapEdges | None:
    """An edge attribute of the right kind, enough to ask ψ whether it scales at all."""
    topology = request.topology
    if request.has_edge_attr:
        return torch.ones(1)
    if topology.tap_offsets is None:
        return None
    has_weight = topology.raster is None or topology.raster.window.divisor is not None
    weight = torch.ones(1) if has_weight else None
    return TapEdges(torch.zeros(1, dtype=torch.int64), weight, topology.tap_offsets)


def edge_argument(
    topology: Topology, edges: Edges, edge_attr: Tensor | None
) -> Tensor | TapEdges | None:
    """What ψ is given as e_ji, in the topology's own order of edges."""
    if edge_attr is not None:
        return edge_attr if edges.order is None else edge_attr[edges.order]
    if edges.tap is None or topology.tap_offsets is None:
        return None
    return TapEdges(edges.tap, edges.weight, topology.tap_offsets)


def _gather(
    layer: "MessagePassing", x: Tensor, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi, edges, weight = layer.psi, topology.edges, None
    if isinstance(psi, SourcePsi):
        x = psi.transform(x)
    elif isinstance(psi, ScalarPsi):
        weight = psi.scale(edge_argument(topology, edges, edge_attr))
    ties = "even" if topology.raster is None else "first"
    parts = [
        gather_reduce(x, edges.csr, weight, reduce=name, ties=ties, backend=layer.backend)
        for name in layer.aggregators or ()
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)


def taps(request: Request) -> Lowering | str:
    """ψ = w_e W_k n_j, ⊕ = sum: gather per (target, tap), then one matrix product."""
    if not isinstance(request.layer.psi, TapPsi):
        return "ψ is not linear in n_j with a matrix per tap"
    if request.topology.tap_offsets is None or request.has_edge_attr:
        return "the topology has no taps"
    if request.aggregators != ("sum",):
        return "⊕ is not sum"
    reason = "ψ is linear in n_j with a matrix per tap: aggregate first, multiply once"
    return Lowering("gather per tap + matrix product", reason, _taps)


def _taps(
    layer: "MessagePassing", x: Tensor, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi = layer.psi
    assert isinstance(psi, TapPsi), "planned for taps only"
    assert topology.tap_offsets is not None, "planned for windows only"
    csr, weight = topology.by_tap(x.dtype)
    gathered = gather_reduce(x, csr, weight, backend=layer.backend)
    kernel = psi.tap_weight(topology.tap_offsets).flatten(2)
    groups, taps = psi.groups, kernel.shape[2]
    # [m, k, g, c] × [g, c_out, c, k] summed over taps and channels of the group
    rows = gathered.view(topology.num_targets, taps, groups, -1).permute(2, 0, 1, 3).flatten(2)
    blocks = kernel.unflatten(0, (groups, -1)).permute(0, 3, 2, 1).flatten(1, 2)
    return torch.bmm(rows, blocks).transpose(0, 1).flatten(1)
