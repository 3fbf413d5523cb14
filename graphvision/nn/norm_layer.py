"""Normalisation of images and of image graphs: what the norms share."""

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs._cache import TensorCache
from graphvision.graphs.cooccurrence import is_full_raster
from graphvision.graphs.windowed import with_features
from graphvision.nn.layout import image_to_nodes, nodes_to_image
from graphvision.nn.node_statistics import Groups
from graphvision.nn.torch_layer import TorchLayer

_known = TensorCache()


class NormLayer(TorchLayer):
    """Takes images or image graphs; statistics of a graph are weighted by area.

    A norm is two steps of message passing: the nodes send ψ = (share of the area) · n_j to their
    group, ⊕ = sum, for the mean and again for the variance; the group sends both back. Ignored
    pixels count nothing. On images, and on graphs whose nodes are the pixels, it is torch's
    function.

    Attributes:
        dims: axes of the images, or None for any.
        per_image: whether every image has statistics of its own, or the batch as a whole.
    """

    dims: ClassVar[int | None] = None
    per_image: ClassVar[bool] = True

    @property
    @abstractmethod
    def channels(self) -> int:
        """Channels of the input."""

    @abstractmethod
    def _on_nodes(self, x: Tensor, groups: Groups) -> Tensor:
        """The normalised features, in the dtype of the statistics."""

    def forward(self, input: Any) -> Any:
        """Apply the layer.

        Args:
            input: an image as torch's layer takes it, or an image graph or batch of them.

        Returns:
            What was given, normalised; a graph keeps its edges.

        Raises:
            ValueError: wrong channels or axes, or statistics of a single value.
        """
        if isinstance(input, ImageGraph):
            self._check_graph(input)
            return with_features(input, self._on_graph(input))
        return super().forward(input) if self.as_torch else self._on_image(input)

    def _check_graph(self, graph: ImageGraph) -> None:
        axes = graph.image_size.shape[1]
        if self.dims not in (None, axes):
            raise ValueError(f"`input` must be a graph of {self.dims}-D images, got {axes}-D")
        if graph.x.shape[1] != self.channels:
            raise ValueError(f"`x` must have {self.channels} channels, got {graph.x.shape[1]}")

    def _on_graph(self, graph: ImageGraph) -> Tensor:
        if self.as_torch and is_full_raster(graph):
            sizes = graph.size_hw
            image = nodes_to_image(graph.x, len(sizes), sizes[0])
            return image_to_nodes(super().forward(image))
        return self._on_nodes(graph.x, self._groups_of(graph)).to(graph.x.dtype)

    def _on_image(self, image: Tensor) -> Tensor:
        unbatched = self.per_image and self.dims is not None and image.ndim == self.dims + 1
        batch = image.unsqueeze(0) if unbatched else image
        if batch.ndim < 2 or batch.shape[1] != self.channels:
            raise ValueError(
                f"`input` must have shape (b, {self.channels}, *size), got {tuple(image.shape)}"
            )
        x = image_to_nodes(batch)
        area = torch.ones(len(x), dtype=torch.float64, device=x.device)
        ptr = torch.arange(len(batch) + 1, device=x.device) * (len(x) // max(1, len(batch)))
        out = self._on_nodes(x, self._grouped(ptr, area)).to(x.dtype)
        out = nodes_to_image(out, len(batch), tuple(batch.shape[2:]))
        return out[0] if unbatched else out

    def _groups_of(self, graph: ImageGraph) -> Groups:
        """Remembered for as long as ``graph.area`` lives; what is kept mustn't be that tensor."""

        def make() -> Groups:
            return self._grouped(graph.node_ptr, graph.area.to(torch.float64, copy=True))

        return _known.get(graph.area, (self.per_image, self.backend), make)

    def _grouped(self, ptr: Tensor, area: Tensor) -> Groups:
        return Groups(ptr if self.per_image else ptr[[0, -1]], area, self.backend)


def affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """``x · weight + bias``, as far as they are there."""
    x = x if weight is None else x * weight
    return x if bias is None else x + bias
