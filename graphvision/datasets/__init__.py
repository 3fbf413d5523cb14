"""Image data sets with one sample contract, and the graph store on disk."""

from graphvision.datasets.annotated_images import AnnotatedImages
from graphvision.datasets.catalog import load, names
from graphvision.datasets.graph_loader import GraphLoader
from graphvision.datasets.graph_store import GraphStore
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.pyg import from_pyg
from graphvision.datasets.recipe import Recipe
from graphvision.datasets.scenes import compose_scenes
from graphvision.datasets.splits import SPLITS, stratified_split

__all__ = [
    "SPLITS",
    "AnnotatedImages",
    "GraphLoader",
    "GraphStore",
    "ImageDataset",
    "Recipe",
    "compose_scenes",
    "from_pyg",
    "load",
    "names",
    "stratified_split",
]
