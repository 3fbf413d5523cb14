"""From answers on edges to objects, and to their boundaries."""

from graphvision.tasks.instances.boundaries import boundary_map
from graphvision.tasks.instances.contraction import contract_edges
from graphvision.tasks.instances.joining import join_edges
from graphvision.tasks.instances.numbering import number_parts

__all__ = ["boundary_map", "contract_edges", "join_edges", "number_parts"]
