"""Layer normalisation: over the channels of every node, or over a whole image."""

from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch_geometric.data import Batch

from graphvision.graphs import ImageGraph, pool_pixels
from graphvision.graphs.cooccurrence import is_full_raster
from graphvision.graphs.windowed import with_features
from graphvision.nn.layout import image_to_nodes, nodes_to_image
from graphvision.nn.node_statistics import standardize
from graphvision.nn.norm_layer import NormLayer, affine


class LayerNorm(NormLayer, nn.LayerNorm):
    """``torch.nn.LayerNorm`` that takes image graphs too.

    With ``normalized_shape = (c,)`` every node is normalised over its channels. With ``(c, *size)``
    or ``size`` the statistics are those of the image's pixels, weighted by area, and weight and
    bias, which go by pixels, are taken as their means over each node's region: painting, torch's
    layer, region means. On tensors it is torch's function.

    Args:
        normalized_shape: ``c``, ``(c, *size)`` or, with two axes or more, ``size``.
        lower: kept for the sake of uniformity; no message passes within a node.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> bool(gv.nn.LayerNorm(graph.num_features)(graph).x.mean(1).abs().max() < 1e-5)
        True

    Source:
        Ba, Kiros, Hinton, Layer normalization, 2016; the oracle is torch's layer on the painted
        image (``test_matches_oracle``).
    """

    normalized_shape: tuple[int, ...]
    weight: Any
    bias: Any

    @property
    def channels(self) -> int:
        """Channels of a node, where the layer goes over them."""
        return self.normalized_shape[0]

    def forward(self, input: Any) -> Any:
        """Apply the layer.

        Args:
            input: a tensor as torch's layer takes it, or an image graph or batch of them.

        Returns:
            What was given, normalised; a graph keeps its edges.

        Raises:
            ValueError: a graph of other channels or image sizes.
        """
        if not isinstance(input, ImageGraph):
            return nn.LayerNorm.forward(self, input)
        x: Tensor = input.x
        if self.normalized_shape == (x.shape[1],):
            x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        else:
            x = self._over_pixels(input)
        return with_features(input, x)

    def _over_pixels(self, graph: ImageGraph) -> Tensor:
        x, sizes = graph.x, graph.size_hw
        channels, count = x.shape[1], len(sizes)
        whole = [(channels, *sizes[0]), sizes[0] if len(sizes[0]) > 1 else None]
        if len(set(sizes)) > 1 or self.normalized_shape not in whole:
            raise ValueError(
                f"`x` must have the {self.normalized_shape} of the layer as channels, or channels "
                f"and image size, got {channels} channels of images of {sorted(set(sizes))[:4]}"
            )
        if self.as_torch and is_full_raster(graph):
            image = nodes_to_image(x, count, sizes[0])
            return image_to_nodes(nn.LayerNorm.forward(self, image))
        groups = channels if self.normalized_shape == sizes[0] else 1
        found = standardize(x, self._groups_of(graph), eps=self.eps, channel_groups=groups)
        weight, bias = self._per_node(self.weight, graph), self._per_node(self.bias, graph)
        return affine(found.x, weight, bias).to(x.dtype)

    def _per_node(self, pixels: Tensor | None, graph: ImageGraph) -> Tensor | None:
        """Means over the regions of what goes by pixels."""
        if pixels is None:
            return None
        image = pixels.view(-1, *graph.size_hw[0])
        batch = image.expand(len(graph.image_size), *image.shape)
        return pool_pixels(batch if isinstance(graph, Batch) else image, graph)
