"""The graph of an image: nodes, edges, and which node every pixel belongs to."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data


class ImageGraph(Data):  # type: ignore[misc]
    """A PyG ``Data`` that knows the image it was made from.

    Attributes:
        x: node features, ``[n, f]``.
        edge_index: ``[2, e]`` int64, sorted by target, then source; column ``(j, i)`` is the edge
            that carries a message from ``j`` to ``i``.
        edge_attr: edge features, ``[e, d]``.
        pos: node centres in pixels, ``[n, d]``: (y, x), y down, pixel centres at integers.
        area: pixels per node, ``[n]``.
        assign: the node of every pixel, flattened, ``[h·w]`` int64; -1 where the pixel is ignored.
            Local to its image, also inside a batch; see :attr:`global_assign`.
        image_size: ``[1, d]`` int64, (h, w) for a picture, (length,) for a signal.

    Example:
        >>> import graphvision as gv, torch
        >>> graph = gv.grid_graph(torch.rand(3, 4, 5))
        >>> graph.num_nodes, graph.size_hw
        (20, [(4, 5)])
    """

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key in ("assign", "image_size"):
            return 0
        return super().__inc__(key, value, *args, **kwargs)

    def __cat_dim__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if key in ("assign", "image_size"):
            return 0
        return super().__cat_dim__(key, value, *args, **kwargs)

    def is_node_attr(self, key: str) -> bool:
        """As PyG's, but what belongs to pixels or images never belongs to nodes."""
        return key not in ("assign", "image_size") and bool(super().is_node_attr(key))

    def is_edge_attr(self, key: str) -> bool:
        """As PyG's, but what belongs to pixels or images never belongs to edges."""
        return key not in ("assign", "image_size") and bool(super().is_edge_attr(key))

    def subgraph(self, subset: Tensor) -> ImageGraph:
        """As PyG's; pixels of nodes that are left out become ignored."""
        out: ImageGraph = super().subgraph(subset)
        index = subset.nonzero().flatten() if subset.dtype == torch.bool else subset.unique()
        node = torch.full((self.num_nodes + 1,), -1, device=self.assign.device)
        node[index] = torch.arange(len(index), device=node.device)
        out.assign = node[self.assign]
        return out

    @property
    def size_hw(self) -> list[tuple[int, ...]]:
        """The image size of every graph, as Python integers."""
        return [tuple(row) for row in self.image_size.tolist()]

    @property
    def node_ptr(self) -> Tensor:
        """First node of every image and, last, the number of nodes; ``[b + 1]``."""
        ptr: Tensor | None = getattr(self, "ptr", None)
        if ptr is not None:
            return ptr
        return torch.tensor([0, self.num_nodes], device=self.assign.device)

    @property
    def global_assign(self) -> Tensor:
        """:attr:`assign` with each image's first node added; ignored pixels stay -1."""
        counts, assign = self.image_size.prod(dim=1), torch.as_tensor(self.assign)
        if len(counts) == 1:
            return assign
        offset = self.node_ptr[:-1].repeat_interleave(counts, output_size=len(assign))
        return torch.where(assign >= 0, assign + offset, assign)

    def validate(self, raise_on_error: bool = True) -> bool:
        """Check the whole contract and say everything that is wrong at once.

        Args:
            raise_on_error: raise instead of returning False.

        Returns:
            True where nothing is wrong.

        Raises:
            ValueError: with one line for each broken promise.
        """
        from graphvision.graphs.validate import problems

        found = problems(self)
        if found and raise_on_error:
            raise ValueError("this ImageGraph breaks its contract:\n  " + "\n  ".join(found))
        return not found
