"""Dropout: features of nodes, or channels of images, fall silent in training."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.windowed import with_features
from graphvision.nn.torch_layer import TorchLayer


class _Elementwise(TorchLayer):
    def forward(self, input: Any) -> Any:
        """Apply torch's function to a tensor, or to every feature of every node of a graph."""
        if not isinstance(input, ImageGraph):
            return super().forward(input)
        return with_features(input, super().forward(input.x))


class _OfChannels(TorchLayer):
    dims: ClassVar[int]

    def forward(self, input: Any) -> Any:
        """Apply torch's function to a tensor, or to every channel of every image of a graph."""
        if not isinstance(input, ImageGraph):
            return super().forward(input)
        return with_features(input, self._on_nodes(input)) if self.training else input

    def _on_nodes(self, graph: ImageGraph) -> Tensor:
        """The drawing is made as for images, of pixels 0 and 1: torch's function is linear."""
        x, ptr = graph.x, graph.node_ptr
        images = len(ptr) - 1
        pixels = torch.tensor([0, 1], dtype=x.dtype, device=x.device)
        pixels = pixels.repeat(images, x.shape[1], 1)[(...,) + (None,) * (self.dims - 1)]
        shift, scaled = torch.unbind(super().forward(pixels).flatten(2), 2)
        image = torch.arange(images, device=x.device)
        owner = image.repeat_interleave(ptr.diff(), output_size=len(x))
        out: Tensor = x * (scaled - shift)[owner] + shift[owner]
        return out


class Dropout(_Elementwise, nn.Dropout):
    """``torch.nn.Dropout`` that takes image graphs too: each feature of a node, by itself.

    A silent node is silent on all its pixels, so that fewer drawings are made than on an image.

    Args:
        p: probability of silence.
        inplace: whether features are overwritten.
        lower: kept for the sake of uniformity, as ``backend``; no message is passed.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.ones(1, 4, 4))
        >>> sorted(set(gv.nn.Dropout(0.5)(graph).x.flatten().tolist()))
        [0.0, 2.0]

    Source:
        Srivastava et al., Dropout, JMLR 2014; the oracle is torch's layer with the same seed.
    """


class AlphaDropout(_Elementwise, nn.AlphaDropout):
    """``torch.nn.AlphaDropout`` that takes image graphs too, as :class:`Dropout`.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.ones(1, 4, 4))
        >>> len(gv.nn.AlphaDropout(0.5)(graph).x.unique())
        2
    """


class Dropout1d(_OfChannels, nn.Dropout1d):
    """``torch.nn.Dropout1d`` that takes graphs of signals too; see :class:`Dropout2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.Dropout1d()(torch.rand(4, 2, 16)).shape
        torch.Size([4, 2, 16])
    """

    dims = 1


class Dropout2d(_OfChannels, nn.Dropout2d):
    """``torch.nn.Dropout2d`` that takes image graphs too: whole channels of an image fall silent.

    One drawing per image and channel, that of torch for the painted images with the same seed.

    Args:
        p: probability of silence.
        inplace: whether images are overwritten; graphs never are.
        lower: kept for the sake of uniformity, as ``backend``; no message is passed.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.ones(8, 4, 4))
        >>> len(gv.nn.Dropout2d(0.5)(graph).x.unique(dim=0))
        1

    Source:
        Tompson et al., Efficient object localization using convolutional networks, CVPR 2015,
        section 3.2; the oracle is torch's layer with the same seed.
    """

    dims = 2


class Dropout3d(_OfChannels, nn.Dropout3d):
    """``torch.nn.Dropout3d`` that takes graphs of voxels too; see :class:`Dropout2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.Dropout3d()(torch.rand(1, 2, 4, 4, 4)).shape
        torch.Size([1, 2, 4, 4, 4])
    """

    dims = 3


class FeatureAlphaDropout(_OfChannels, nn.FeatureAlphaDropout):
    """``torch.nn.FeatureAlphaDropout`` that takes image graphs too, as :class:`Dropout2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.ones(8, 4, 4))
        >>> len(gv.nn.FeatureAlphaDropout(0.5)(graph).x.unique(dim=0))
        1
    """

    dims = 2
