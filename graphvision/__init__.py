"""Images as graphs, and every vision layer as message passing."""

from typing import TYPE_CHECKING, Any

from graphvision import convert, datasets, models, nn
from graphvision.convert import equivalence, graphify, ungraphify
from graphvision.datasets import GraphLoader
from graphvision.graphs import (
    EDGE_FEATURES,
    NODE_FEATURES,
    AbstractAdjacency,
    AbstractPartition,
    Complete,
    ImageGraph,
    KNearest,
    Labels,
    Offsets,
    Patches,
    Pixels,
    Radius,
    Samples,
    SharedBorder,
    Superpixels,
    Voxels,
    as_image,
    coarsen,
    feature_names,
    from_networkx,
    from_rag,
    grid_graph,
    image_graph,
    load_graph,
    patch_graph,
    pool_pixels,
    rasterize,
    save_graph,
    slic,
    superpixel_graph,
    to_networkx,
    to_rag,
)
from graphvision.models import summary

__all__ = [
    "EDGE_FEATURES",
    "NODE_FEATURES",
    "AbstractAdjacency",
    "AbstractPartition",
    "Complete",
    "GraphLoader",
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
    "coarsen",
    "convert",
    "datasets",
    "equivalence",
    "feature_names",
    "from_networkx",
    "from_rag",
    "graphify",
    "grid_graph",
    "image_graph",
    "load_graph",
    "models",
    "nn",
    "patch_graph",
    "plot",
    "pool_pixels",
    "rasterize",
    "save_graph",
    "slic",
    "summary",
    "superpixel_graph",
    "to_networkx",
    "to_rag",
    "ungraphify",
]

if TYPE_CHECKING:
    from graphvision.viz.plot import plot


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Load drawing, and with it matplotlib, only for those who draw."""
    if name == "plot":
        from graphvision.viz.plot import plot

        return plot
    raise AttributeError(f"module 'graphvision' has no attribute {name!r}")
