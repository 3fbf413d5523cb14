"""Image data sets with one sample contract, and the graph store on disk."""

from graphvision.datasets.catalog import load, names
from graphvision.datasets.graph_loader import GraphLoader
from graphvision.datasets.graph_store import GraphStore
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.recipe import Recipe
from graphvision.datasets.splits import SPLITS, stratified_split

__all__ = [
    "SPLITS",
    "GraphLoader",
    "GraphStore",
    "ImageDataset",
    "Recipe",
    "load",
    "names",
    "stratified_split",
]
