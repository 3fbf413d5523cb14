"""Images ⇄ graphs."""

from graphvision.graphs.abstract_window import AbstractWindow
from graphvision.graphs.adaptive_window import AdaptiveWindow
from graphvision.graphs.adjacencies import (
    AbstractAdjacency,
    Complete,
    KNearest,
    Offsets,
    Radius,
    SharedBorder,
)
from graphvision.graphs.annotations import Annotations
from graphvision.graphs.builders import grid_graph, image_graph, patch_graph, superpixel_graph
from graphvision.graphs.coarsen import coarsen
from graphvision.graphs.complete_topology import complete_topology
from graphvision.graphs.cooccurrence import WindowedPartition, windowed_partition
from graphvision.graphs.features import EDGE_FEATURES, NODE_FEATURES, feature_names
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.images import as_image
from graphvision.graphs.matching import match_nodes
from graphvision.graphs.networkx import from_networkx, to_networkx
from graphvision.graphs.padded_window import PaddedWindow
from graphvision.graphs.partitions import (
    AbstractPartition,
    Labels,
    Patches,
    Pixels,
    Samples,
    Superpixels,
    Voxels,
)
from graphvision.graphs.rag import from_rag, to_rag
from graphvision.graphs.raster import pool_pixels, rasterize
from graphvision.graphs.resize_window import ResizeWindow
from graphvision.graphs.slic import slic
from graphvision.graphs.storage import load_graph, save_graph
from graphvision.graphs.topology import Topology, edge_topology, window_topology
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window

__all__ = [
    "EDGE_FEATURES",
    "NODE_FEATURES",
    "AbstractAdjacency",
    "AbstractPartition",
    "AbstractWindow",
    "AdaptiveWindow",
    "Annotations",
    "Complete",
    "ImageGraph",
    "KNearest",
    "Labels",
    "Offsets",
    "PaddedWindow",
    "Patches",
    "Pixels",
    "Radius",
    "ResizeWindow",
    "Samples",
    "SharedBorder",
    "Superpixels",
    "Topology",
    "TransposedWindow",
    "Voxels",
    "Window",
    "WindowedPartition",
    "as_image",
    "coarsen",
    "complete_topology",
    "edge_topology",
    "feature_names",
    "from_networkx",
    "from_rag",
    "grid_graph",
    "image_graph",
    "load_graph",
    "match_nodes",
    "patch_graph",
    "pool_pixels",
    "rasterize",
    "save_graph",
    "slic",
    "superpixel_graph",
    "to_networkx",
    "to_rag",
    "window_topology",
    "windowed_partition",
]
