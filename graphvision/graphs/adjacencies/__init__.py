"""From nodes to edges."""

from graphvision.graphs.adjacencies.adjacency import AbstractAdjacency
from graphvision.graphs.adjacencies.border import SharedBorder
from graphvision.graphs.adjacencies.complete import Complete
from graphvision.graphs.adjacencies.nearest import KNearest
from graphvision.graphs.adjacencies.offsets import Offsets
from graphvision.graphs.adjacencies.radius import Radius

__all__ = ["AbstractAdjacency", "Complete", "KNearest", "Offsets", "Radius", "SharedBorder"]
