"""ResNet: layers learn what to add to their input."""

from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with a shortcut: ``x ← ReLU(x + norm(conv(ReLU(norm(conv(x))))))``.

    Args:
        inputs: channels that come in.
        channels: channels of both convolutions; ``expansion`` times as many come out.
        stride: of the first convolution; the shortcut then strides too.
    """

    expansion = 1

    def __init__(self, inputs: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = _conv(inputs, channels, 3, stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = _conv(channels, channels, 3)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = _shortcut(inputs, channels * self.expansion, stride)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k i j"]:
        """The sum of the shortcut and of what was learned."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)) + shortcut)


class Bottleneck(nn.Module):
    """A 3×3 convolution between two 1×1 convolutions that take channels away and give them back.

    Args:
        inputs: channels that come in.
        channels: channels of the 3×3 convolution; ``expansion`` times as many come out.
        stride: of the 3×3 convolution; the shortcut then strides too.
    """

    expansion = 4

    def __init__(self, inputs: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        outputs = channels * self.expansion
        self.conv1 = _conv(inputs, channels, 1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = _conv(channels, channels, 3, stride)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = _conv(channels, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k i j"]:
        """The sum of the shortcut and of what was learned."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + shortcut)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    """A 1×1 convolution where sizes change; None, the identity, where they don't."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


Block = type[BasicBlock] | type[Bottleneck]
BLOCKS: dict[int, tuple[Block, tuple[int, ...]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


@register("resnet18", depth=18)
@register("resnet50", depth=50)
class ResNet(nn.Module):
    """ResNet: blocks that learn what to add to their input.

    ``conv 7×7/2 → max pool/2 → 4 stages of blocks, each at half the size → mean → linear``.
    Parameters are named as in torchvision, whose weights load into
    ``create("resnet18", in_channels=3, num_classes=1000)``.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        depth: layers with weights: 18, 34, 50, 101 or 152.

    Raises:
        ValueError: there is no ResNet of this depth.

    Example:
        >>> sum(p.numel() for p in ResNet(in_channels=3, num_classes=1000).parameters())
        11689512

    Source:
        He et al., Deep residual learning for image recognition, 2016, table 1. The bottleneck
        strides in its 3×3 convolution, as torchvision's does.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 1

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (28, 28),
        *,
        depth: int = 18,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if depth not in BLOCKS:
            raise ValueError(f"`depth` must be one of {list(BLOCKS)}, got {depth}")
        block, counts = BLOCKS[depth]
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        wide = block.expansion
        self.layer1 = _stage(block, counts[0], inputs=64, channels=64, stride=1)
        self.layer2 = _stage(block, counts[1], inputs=64 * wide, channels=128, stride=2)
        self.layer3 = _stage(block, counts[2], inputs=128 * wide, channels=256, stride=2)
        self.layer4 = _stage(block, counts[3], inputs=256 * wide, channels=512, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * wide, num_classes)
        initialise(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: Tensor = self.fc(self.avgpool(x).flatten(1))
        return logits


def _stage(block: Block, count: int, *, inputs: int, channels: int, stride: int) -> nn.Sequential:
    """Blocks of the same width; the first one strides."""
    wide = channels * block.expansion
    return nn.Sequential(
        block(inputs, channels, stride), *(block(wide, channels) for _ in range(count - 1))
    )
