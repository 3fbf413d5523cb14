"""Any topology: fused gather-reduce and convolution in rows, without a buffer of messages."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from graphvision.graphs.topology import Topology
from graphvision.kernels.basis import tap_conv
from graphvision.kernels.gather import REDUCTIONS, gather_reduce
from graphvision.nn import aggregators
from graphvision.nn.phi import Bias
from graphvision.nn.plan import Lowering, Nodes, Request
from graphvision.nn.psi import ScalarPsi, SourcePsi, TapEdges, TapPsi
from graphvision.nn.psi.abstract import EdgeKind, checked_taps

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing


def gather(request: Request) -> Lowering | str:
    """ψ = w_e n_j, or any function of n_j alone: gather-reduce with a weight per edge."""
    psi, names = request.layer.psi, request.aggregators
    if not isinstance(psi, (ScalarPsi, SourcePsi)):
        return "ψ is neither a scaled copy nor a function of n_j alone"
    if names is None or not set(names) <= set(REDUCTIONS):
        return f"⊕ is not among {', '.join(REDUCTIONS)}"
    weighted = isinstance(psi, ScalarPsi) and psi.scales(_edge_kind(request))
    if weighted and not set(names) <= {"sum", "mean"}:
        return "a weighted extreme or deviation has no kernel"
    first = "ψ = w(e_ji) · n_j" if isinstance(psi, ScalarPsi) else "ψ is a function of n_j alone"
    reason = f"{first}, ⊕ = {' | '.join(names)}"
    return Lowering("gather-reduce", reason, _gather, op="gather_reduce")


def _edge_kind(request: Request) -> EdgeKind:
    topology = request.topology
    if request.has_edge_attr:
        return "attribute"
    if topology.tap_offsets is None:
        return "attribute" if topology.weighted else "none"
    return "weighted taps" if topology.weighted else "taps"


def edge_argument(topology: Topology, edge_attr: Tensor | None) -> Tensor | TapEdges | None:
    """What ψ is given as e_ji, in the topology's own order of edges."""
    edges = topology.edges
    if edge_attr is not None:
        return edge_attr
    if edges.tap is None or topology.tap_offsets is None:
        return edges.weight
    return TapEdges(edges.tap, edges.weight, topology.tap_offsets)


def _gather(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi, edges = layer.psi, topology.edges
    x, weight = nodes.source, None
    if isinstance(psi, SourcePsi):
        x = psi.transform(x)
    elif isinstance(psi, ScalarPsi):
        weight = psi.scale(edge_argument(topology, edge_attr))
    options = {"ties": aggregators.ties(topology), "backend": layer.backend}
    names = layer.aggregators or ()
    out = gather_reduce(x, edges.csr, weight, reduce=names, **options)
    if topology.empty_windows is None or {"max", "min"}.isdisjoint(names):
        return out
    parts = zip(out.chunk(len(names), dim=1), names, strict=True)
    return torch.cat([aggregators.fill_empty(part, topology, name) for part, name in parts], 1)


def taps(request: Request) -> Lowering | str:
    """ψ = w_e W_k n_j, ⊕ = sum: sums per (target, tap), multiplied in the cache."""
    if not isinstance(request.layer.psi, TapPsi):
        return "ψ is not linear in n_j with a matrix per tap"
    if request.topology.tap_offsets is None or request.has_edge_attr:
        return "the topology has no taps"
    if request.aggregators != ("sum",):
        return "⊕ is not sum"
    reason = "ψ is linear in n_j with a matrix per tap: aggregate first, multiply once"
    adds_bias = request.layer.psi.groups == 1 and isinstance(request.layer.phi, Bias)
    name, op = "gather per tap + matrix product", "tap_conv"
    return Lowering(name, reason, _taps, adds_bias=adds_bias, op=op)


def _taps(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi, x = layer.psi, nodes.source
    assert isinstance(psi, TapPsi), "planned for taps only"
    assert topology.tap_offsets is not None, "planned for windows only"
    csr, weight = topology.by_tap(x.dtype)
    kernel = checked_taps(psi.tap_weight(topology.tap_offsets), topology.num_taps)
    if psi.groups == 1:
        bias = layer.phi.bias if isinstance(layer.phi, Bias) else None
        kernel = kernel.permute(2, 1, 0)
        return tap_conv(x, csr, kernel, weight, bias=bias, backend=layer.backend)
    gathered = gather_reduce(x, csr, weight, backend=layer.backend)
    groups, taps = psi.groups, kernel.shape[2]
    # [m, k, g, c] × [g, c_out, c, k] summed over taps and channels of the group
    width = x.shape[1] // groups
    rows = gathered.view(topology.num_targets, taps, groups, width).permute(2, 0, 1, 3).flatten(2)
    blocks = kernel.unflatten(0, (groups, -1)).permute(0, 3, 2, 1).flatten(1, 2)
    return torch.bmm(rows, blocks).transpose(0, 1).flatten(1)
