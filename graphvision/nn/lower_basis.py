"""Kernels that are functions of the edge attribute, on any topology."""

from typing import TYPE_CHECKING

from torch import Tensor

from graphvision.graphs.topology import Topology
from graphvision.kernels.basis import basis_conv
from graphvision.nn.lower_csr import edge_argument
from graphvision.nn.plan import Lowering, Nodes, Request
from graphvision.nn.psi import Basis

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing


def basis(request: Request) -> Lowering | str:
    """ψ = Σ_k b_k(e_ji) W_k n_j, ⊕ = sum or mean: one sum per function, then one matrix product."""
    if not isinstance(request.layer.psi, Basis):
        return "ψ is not a sum of basis functions times matrices"
    if not request.has_edge_attr:
        return "there is no edge attribute for the basis functions"
    if request.aggregators not in (("sum",), ("mean",)):
        return "⊕ is not sum or mean"
    reason = "ψ = Σ_k b_k(e_ji) W_k n_j: aggregate first, multiply once"
    return Lowering("gather per basis function + matrix product", reason, _basis, op="basis_conv")


def _basis(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi, edges, x = layer.psi, topology.edges, nodes.source
    assert isinstance(psi, Basis), "planned for a basis only"
    edge = edge_argument(topology, edge_attr)
    assert isinstance(edge, Tensor), "planned with edge attributes only"
    values = psi.basis(edge.to(x.dtype))
    if layer.aggregators == ("mean",):
        values = values / edges.csr.degree.clamp(min=1).to(x.dtype)[edges.csr.row].unsqueeze(1)
    return basis_conv(x, edges.csr, values, psi.weight, backend=layer.backend)
