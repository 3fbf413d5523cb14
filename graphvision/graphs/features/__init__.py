"""What nodes and edges know about the picture."""

from graphvision.graphs.features.edge import EDGE_FEATURES, edge_table
from graphvision.graphs.features.names import feature_names
from graphvision.graphs.features.node import NODE_FEATURES, node_names, node_table

__all__ = [
    "EDGE_FEATURES",
    "NODE_FEATURES",
    "edge_table",
    "feature_names",
    "node_names",
    "node_table",
]
