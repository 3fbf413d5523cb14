"""A graph data set on disk: built once, cut into batches without a loop over graphs."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.datasets.graph_build import build_store
from graphvision.datasets.graph_loader import GraphLoader
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.recipe import Recipe
from graphvision.datasets.shards import Arrays, read_arrays
from graphvision.graphs.batching import GraphArrays
from graphvision.graphs.packed import AbstractGraphs, check_index
from graphvision.kernels._starts import starts
from graphvision.kernels.ranges import copy_ranges


class GraphStore(AbstractGraphs):
    """The graphs of all images of a data set, mapped from one file.

    Make one with :meth:`build`. ``store[i]`` is one ``ImageGraph``, ``store.batch(index)`` a batch.

    Args:
        path: file of a finished store.

    Attributes:
        y: the label of every graph, ``[b]``.

    Example:
        >>> import tempfile
        >>> from graphvision.datasets import load
        >>> images = load("fashion-mini", "test").subset(torch.arange(8))
        >>> store = GraphStore.build(images, Recipe(n_segments=20), tempfile.mkdtemp())
        >>> len(store), store[3].num_nodes, store.batch(torch.tensor([5, 0])).num_nodes
        (8, 20, 40)
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._arrays: Arrays = read_arrays(self.path)
        self.y = self._arrays["y"]
        self._node_ptr = starts(self._arrays["nodes"])
        self._edge_ptr = starts(self._arrays["edges"])

    @classmethod
    def build(
        cls,
        dataset: ImageDataset,
        recipe: Recipe,
        root: str | Path | None = None,
        *,
        workers: int = 0,
        progress: bool = False,
    ) -> GraphStore:
        """Build the graphs of all images, or open them where they have been built before.

        The folder's name is a hash of the images, the recipe and the code that builds graphs. What
        is finished of a build that was killed is kept; a store that isn't whole is never read.

        Args:
            dataset: the images.
            recipe: how to build.
            root: folder for stores; the user's cache where it is None.
            workers: processes that build; 0 builds in this one. The bytes are the same.
            progress: show a bar.

        Returns:
            The finished store.

        Raises:
            ValueError: the recipe doesn't fit the images, there are none, or ``workers`` < 0.
        """
        return cls(build_store(dataset, recipe, root, workers=workers, progress=progress))

    def __len__(self) -> int:
        return len(self.y)

    @property
    def in_features(self) -> int:
        """Features per node."""
        return self._arrays["x"].shape[1]

    @property
    def edge_features(self) -> int:
        """Features per edge."""
        return self._arrays["edge_attr"].shape[1]

    @property
    def nodes_per_image(self) -> float:
        """Mean number of nodes."""
        return int(self._node_ptr[-1]) / len(self)

    @property
    def edges_per_image(self) -> float:
        """Mean number of edges, both directions counted."""
        return int(self._edge_ptr[-1]) / len(self)

    def batch(self, index: Tensor) -> Batch:
        """Some of the graphs as one batch, in the order of ``index``.

        Args:
            index: int64, ``[b]``, 0 … ``len(self) - 1``; repetitions are allowed.

        Returns:
            What ``Batch.from_data_list([store[i] for i in index])`` gives; ``y`` holds the labels.

        Raises:
            ValueError: ``index`` is no vector of integers with at least one entry.
            IndexError: there is no such graph.
        """
        check_index(index, len(self))
        arrays = self._arrays
        nodes, edges = arrays["nodes"][index], arrays["edges"][index]
        ptr, edge_ptr = starts(nodes), starts(edges)
        of_nodes, of_edges = (self._node_ptr[index], ptr), (self._edge_ptr[index], edge_ptr)
        ends = torch.empty(2, int(edge_ptr[-1]), dtype=torch.int64)
        for out, name in zip(ends, ("source", "target"), strict=True):
            copy_ranges(arrays[name], *of_edges, ptr[:-1], out=out)
        assign = arrays["assign"]
        labels = torch.empty(len(index), *assign.shape[1:], dtype=torch.int64)
        made = GraphArrays(
            x=copy_ranges(arrays["x"], *of_nodes),
            edge_index=ends,
            edge_attr=copy_ranges(arrays["edge_attr"], *of_edges),
            pos=copy_ranges(arrays["pos"], *of_nodes),
            area=copy_ranges(arrays["area"], *of_nodes),
            labels=copy_ranges(assign, index, torch.arange(len(index) + 1), out=labels),
            ptr=ptr,
            node_batch=torch.arange(len(index)).repeat_interleave(nodes, output_size=int(ptr[-1])),
        ).batch()
        made.y = self.y[index]
        made._slice_dict["y"] = torch.arange(len(index) + 1)
        made._inc_dict["y"] = torch.zeros(len(index), dtype=torch.int64)
        return made

    def loader(
        self, batch_size: int, *, shuffle: bool = False, generator: torch.Generator | None = None
    ) -> GraphLoader:
        """All graphs once, in batches; :class:`GraphLoader` takes more options.

        Args:
            batch_size: graphs per batch, ≥ 1; the last batch may be smaller.
            shuffle: in random order.
            generator: of the order.
        """
        return GraphLoader(self, batch_size, shuffle, generator=generator)
