"""A PyG batch straight from the arrays of all its graphs, without a loop over them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.packed import batch_class


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
        edges = torch.searchsorted(self.edge_index[1].contiguous(), self.ptr).cpu()
        images = torch.arange(count + 1)
        slices = {"edge_index": edges, "edge_attr": edges, "assign": images * pixels}
        slices["image_size"] = images
        return assemble(self._tensors(), slices, ptr=self.ptr, node_batch=self.node_batch)


def assemble(
    tensors: dict[str, Tensor], slices: dict[str, Tensor], *, ptr: Tensor, node_batch: Tensor
) -> Batch:
    """A PyG batch of image graphs from whole tensors.

    Args:
        tensors: the attributes, one graph behind the other.
        slices: first row of every graph, for attributes that don't go by nodes.
        ptr: first node of every graph and, last, n.
        node_batch: the graph of every node.
    """
    nodes, none = ptr.cpu(), torch.zeros(len(ptr) - 1, dtype=torch.int64)
    made = Batch(_base_cls=batch_class(ImageGraph))
    for name, tensor in tensors.items():
        made[name] = tensor
    made.batch, made.ptr = node_batch, ptr
    made._num_graphs = len(ptr) - 1
    made._slice_dict = {name: slices.get(name, nodes) for name in tensors}
    made._inc_dict = {name: nodes[:-1] if name == "edge_index" else none for name in tensors}
    return made
