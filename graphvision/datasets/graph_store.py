"""A graph data set on disk: built once, cut into batches without a loop over graphs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.datasets.graph_build import build_store
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.recipe import Recipe
from graphvision.datasets.shards import Arrays, read_arrays
from graphvision.graphs import ImageGraph
from graphvision.graphs.batching import GraphArrays
from graphvision.kernels._starts import starts


class GraphStore:
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

    def __getitem__(self, index: int) -> ImageGraph:
        if not -len(self) <= index < len(self):
            raise IndexError(f"`index` must be below {len(self)}, got {index}")
        graph: ImageGraph = self.batch(torch.tensor([index % len(self)])).get_example(0)
        return graph

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
        """
        if index.dtype != torch.int64 or index.ndim != 1 or not len(index):
            got = f"{str(index.dtype)[6:]} of shape {tuple(index.shape)}"
            raise ValueError(f"`index` must be int64 of shape (b,), b ≥ 1, got {got}")
        arrays = self._arrays
        nodes, edges = arrays["nodes"][index], arrays["edges"][index]
        ptr = starts(nodes)
        picked_nodes = _ranges(self._node_ptr[index], nodes)
        picked_edges = _ranges(self._edge_ptr[index], edges)
        offset = ptr[:-1].repeat_interleave(edges, output_size=len(picked_edges))
        ends = torch.stack([arrays["source"][picked_edges], arrays["target"][picked_edges]])
        made = GraphArrays(
            x=arrays["x"][picked_nodes],
            edge_index=ends + offset,
            edge_attr=arrays["edge_attr"][picked_edges],
            pos=arrays["pos"][picked_nodes],
            area=arrays["area"][picked_nodes],
            labels=arrays["assign"][index].to(torch.int64),
            ptr=ptr,
            node_batch=torch.arange(len(index)).repeat_interleave(
                nodes, output_size=len(picked_nodes)
            ),
        ).batch()
        made.y = self.y[index]
        made._slice_dict["y"] = torch.arange(len(index) + 1)
        made._inc_dict["y"] = torch.zeros(len(index), dtype=torch.int64)
        return made

    def loader(
        self, batch_size: int, *, shuffle: bool = False, generator: torch.Generator | None = None
    ) -> Iterator[Batch]:
        """All graphs once, in batches.

        Args:
            batch_size: graphs per batch, ≥ 1; the last batch may be smaller.
            shuffle: in random order.
            generator: of the order.

        Yields:
            Batches.
        """
        if shuffle:
            order = torch.randperm(len(self), generator=generator)
        else:
            order = torch.arange(len(self))
        for index in order.split(batch_size):
            yield self.batch(index)


def _ranges(first: Tensor, counts: Tensor) -> Tensor:
    """The ranges ``first[i] … first[i] + counts[i] - 1`` behind one another."""
    ends = counts.cumsum(0)
    total = int(ends[-1])
    shift = (first - ends + counts).repeat_interleave(counts, output_size=total)
    return torch.arange(total) + shift
