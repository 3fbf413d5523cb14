"""A PyG batch straight from the arrays of all its graphs, without a loop over them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.image_graph import ImageGraph


@dataclass(frozen=True, eq=False)
class GraphArrays:
    """The arrays of b graphs of images of one size, one graph behind the other.

    Attributes:
        x: node features.
        edge_index: numbered over the whole batch, sorted by target, then source.
        edge_attr: edge features.
        pos: centroids in pixels.
        area: pixels per node.
        labels: the node of every pixel, numbered within each image; -1 ignored.
        ptr: first node of every graph and, last, n.
        node_batch: the graph of every node.
    """

    x: Float[Tensor, "n f"]
    edge_index: Int[Tensor, "2 e"]
    edge_attr: Float[Tensor, "e d"]
    pos: Float[Tensor, "n axes"]
    area: Float[Tensor, " n"]
    labels: Int[Tensor, "b *size"]
    ptr: Int[Tensor, " b_plus_1"]
    node_batch: Int[Tensor, " n"]

    def _tensors(self) -> dict[str, Tensor]:
        count, *size = self.labels.shape
        return {
            "x": self.x,
            "edge_index": self.edge_index,
            "edge_attr": self.edge_attr,
            "pos": self.pos,
            "area": self.area,
            "assign": self.labels.flatten(),
            "image_size": torch.tensor([size], device=self.x.device).repeat(count, 1),
        }

    def single(self) -> ImageGraph:
        """The graph of the only image."""
        return ImageGraph(**self._tensors())

    def batch(self) -> Batch:
        """What ``Batch.from_data_list`` would give for the list of graphs."""
        count, pixels = len(self.labels), self.labels[0].numel()
        ptr = self.ptr.cpu()
        edges = torch.searchsorted(self.edge_index[1].contiguous(), self.ptr).cpu()
        images = torch.arange(count + 1)
        none = torch.zeros(count, dtype=torch.int64)
        slices = {"edge_index": edges, "edge_attr": edges, "assign": images * pixels}
        slices["image_size"] = images
        made = Batch(_base_cls=ImageGraph)
        tensors = self._tensors()
        for name, tensor in tensors.items():
            made[name] = tensor
        made.batch, made.ptr = self.node_batch, self.ptr
        made._num_graphs = count
        made._slice_dict = {name: slices.get(name, ptr) for name in tensors}
        made._inc_dict = {name: ptr[:-1] if name == "edge_index" else none for name in tensors}
        return made
