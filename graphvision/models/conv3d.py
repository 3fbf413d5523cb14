"""A convolutional network for volumes."""

from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import register


@register("conv3d")
class VolumeNet(nn.Module):
    """3-D CNN for volumes ``[b, c, d, h, w]``: VoxNet, two convolutions and two linear layers.

    ``conv 5³/2, 32 → conv 3³, 32 → max pool 2 → 128 → classes``, with leaky ReLU and dropout.

    Args:
        in_channels: channels of the volume, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (depth, height, width) in voxels, each ≥ 11.
        dropout: whether to drop values in training, as often as the paper does.

    Raises:
        ValueError: a volume this small leaves nothing.

    Example:
        >>> sum(p.numel() for p in VolumeNet(num_classes=40).parameters())
        921736

    Source:
        Maturana and Scherer, VoxNet: A 3D convolutional neural network for real-time object
        recognition, 2015, section III.C, whose number of parameters this is.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 3
    smallest_image = 11

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int, int] = (32, 32, 32),
        *,
        dropout: bool = True,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        depth, height, width = (((side - 5) // 2 + 1 - 2) // 2 for side in image_size)
        self.conv1 = nn.Conv3d(in_channels, 32, 5, stride=2)
        self.conv2 = nn.Conv3d(32, 32, 3)
        self.pool = nn.MaxPool3d(2)
        self.fc1 = nn.Linear(32 * depth * height * width, 128)
        self.fc2 = nn.Linear(128, num_classes)
        self.drops = nn.ModuleList(nn.Dropout(p * dropout) for p in (0.2, 0.3, 0.4))

    def forward(self, volume: Float[Tensor, "b c d h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of volumes."""
        hidden = self.drops[0](F.leaky_relu(self.conv1(volume), 0.1))
        hidden = self.drops[1](self.pool(F.leaky_relu(self.conv2(hidden), 0.1)))
        hidden = self.drops[2](F.relu(self.fc1(hidden.flatten(1))))
        logits: Tensor = self.fc2(hidden)
        return logits
