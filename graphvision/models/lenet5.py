"""LeNet-5, the reference CNN of every comparison."""

from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import register


@register("lenet5")
class LeNet5(nn.Module):
    """LeNet-5 with ReLU and max pooling: two 5×5 convolutions and three linear layers.

    ``conv 6 (padding 2) → pool → conv 16 → pool → 120 → 84 → classes``; 61,706 parameters for one
    channel, 28×28 pixels and ten classes.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels, each ≥ 12.

    Raises:
        ValueError: nothing would be left of an image this small.

    Example:
        >>> sum(p.numel() for p in LeNet5().parameters())
        61706

    Source:
        LeCun et al., Gradient-based learning applied to document recognition, 1998, II.B; ReLU and
        max pooling in place of the scaled tanh and the trained average of the original.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 12
    conv1: nn.Module
    conv2: nn.Module

    def __init__(
        self, in_channels: int = 1, num_classes: int = 10, image_size: tuple[int, int] = (28, 28)
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        height, width = ((side // 2 - 4) // 2 for side in image_size)
        self.conv1 = nn.Conv2d(in_channels, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * height * width, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        hidden = F.max_pool2d(F.relu(self.conv1(image)), 2)
        hidden = F.max_pool2d(F.relu(self.conv2(hidden)), 2).flatten(1)
        hidden = F.relu(self.fc2(F.relu(self.fc1(hidden))))
        logits: Tensor = self.fc3(hidden)
        return logits
