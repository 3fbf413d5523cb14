"""LeNet-5 built from message passing: the same weights as ``lenet5``, on any partition."""

from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

from graphvision.graphs import ImageGraph, rasterize
from graphvision.models.lenet5 import LeNet5
from graphvision.models.registry import register
from graphvision.nn import Conv2d, MaxPool2d


@register("lenet5-graph")
class LeNet5Graph(LeNet5):
    """LeNet-5 whose convolutions and poolings are ``gv.nn`` layers.

    Parameters have the names and shapes of :class:`LeNet5`, so that its weights load. On images it
    is LeNet-5; on an :class:`ImageGraph` of any partition each layer is convolution or pooling on
    that partition, and the linear layers read the last partition painted on its raster.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels, each ≥ 12.
        lower: False for gather and scatter over explicit edges.
        backend: as in :class:`~graphvision.nn.MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> net = gv.models.create("lenet5-graph")
        >>> image = torch.rand(1, 28, 28)
        >>> net(image[None]).shape, net(gv.superpixel_graph(image, n_segments=75)).shape
        (torch.Size([1, 10]), torch.Size([1, 10]))
    """

    input_kind: Literal["image"] = "image"

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (28, 28),
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__(in_channels, num_classes, image_size)
        self.conv1 = Conv2d.from_torch(self.conv1, lower=lower, backend=backend)
        self.conv2 = Conv2d.from_torch(self.conv2, lower=lower, backend=backend)
        self.pool = MaxPool2d(2, lower=lower, backend=backend)

    def forward(self, image: Any) -> Float[Tensor, "b k"]:
        """Logits of a batch of images ``[b, c, h, w]``, or of an image graph or batch of them."""
        hidden = self.pool(_relu(self.conv1(image)))
        hidden = self.pool(_relu(self.conv2(hidden)))
        if isinstance(hidden, ImageGraph):
            size = hidden.size_hw[0]
            hidden = torch.as_tensor(rasterize(hidden.x, hidden)).view(
                -1, hidden.num_features, *size
            )
        hidden = F.relu(self.fc2(F.relu(self.fc1(hidden.flatten(1)))))
        logits: Tensor = self.fc3(hidden)
        return logits


def _relu(features: Any) -> Any:
    if isinstance(features, ImageGraph):
        features.x = F.relu(features.x)
        return features
    return F.relu(features)
