"""From pixels to nodes."""

from graphvision.graphs.partitions.labels import Labels
from graphvision.graphs.partitions.partition import AbstractPartition
from graphvision.graphs.partitions.patches import Patches
from graphvision.graphs.partitions.pixels import Pixels
from graphvision.graphs.partitions.samples import Samples
from graphvision.graphs.partitions.superpixels import Superpixels
from graphvision.graphs.partitions.voxels import Voxels

__all__ = [
    "AbstractPartition",
    "Labels",
    "Patches",
    "Pixels",
    "Samples",
    "Superpixels",
    "Voxels",
]
