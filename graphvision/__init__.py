"""Images as graphs, and every vision layer as message passing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from graphvision import convert, datasets, models, nn, tasks
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
    "FineTuned",
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
    "fine_tune",
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
    "tasks",
    "to_networkx",
    "to_rag",
    "ungraphify",
]

if TYPE_CHECKING:
    from graphvision.train.fine_tune import fine_tune
    from graphvision.train.fine_tuned import FineTuned
    from graphvision.viz.plot import plot

_LATER = {
    "FineTuned": "graphvision.train.fine_tuned",
    "fine_tune": "graphvision.train.fine_tune",
    "plot": "graphvision.viz.plot",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Load drawing and training, and with them matplotlib and Lightning, only for those who do."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'graphvision' has no attribute {name!r}")
