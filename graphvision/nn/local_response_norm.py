"""Local response normalisation: over neighbouring channels of every node."""

from typing import Any

from torch import nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.windowed import with_features
from graphvision.nn.torch_layer import TorchLayer


class LocalResponseNorm(TorchLayer, nn.LocalResponseNorm):
    """``torch.nn.LocalResponseNorm`` that takes image graphs too: it looks at channels only.

    Args:
        size: channels that are looked at.
        lower: kept for the sake of uniformity, as ``backend``; no message passes within a node.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> gv.nn.LocalResponseNorm(2)(graph).x.shape == graph.x.shape
        True

    Source:
        Krizhevsky, Sutskever, Hinton, ImageNet classification with deep convolutional neural
        networks, NeurIPS 2012, section 3.3; the oracle is torch's layer on the painted image.
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to an image ``[b, c, *size]`` or to the nodes of a graph."""
        if not isinstance(input, ImageGraph):
            return super().forward(input)
        return with_features(input, super().forward(input.x.unsqueeze(2)).squeeze(2))
