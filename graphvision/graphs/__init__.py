"""Images ⇄ graphs."""

from graphvision.graphs.adjacencies import (
    AbstractAdjacency,
    Complete,
    KNearest,
    Offsets,
    Radius,
    SharedBorder,
)
from graphvision.graphs.builders import grid_graph, image_graph, patch_graph, superpixel_graph
from graphvision.graphs.features import EDGE_FEATURES, NODE_FEATURES, feature_names
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.images import as_image
from graphvision.graphs.partitions import (
    AbstractPartition,
    Labels,
    Patches,
    Pixels,
    Samples,
    Superpixels,
    Voxels,
)
from graphvision.graphs.raster import pool_pixels, rasterize

__all__ = [
    "EDGE_FEATURES",
    "NODE_FEATURES",
    "AbstractAdjacency",
    "AbstractPartition",
    "Complete",
    "ImageGraph",
    "KNearest",
    "Labels",
    "Offsets",
    "Patches",
    "Pixels",
    "Radius",
    "Samples",
    "SharedBorder",
    "Superpixels",
    "Voxels",
    "as_image",
    "feature_names",
    "grid_graph",
    "image_graph",
    "patch_graph",
    "pool_pixels",
    "rasterize",
    "superpixel_graph",
]
