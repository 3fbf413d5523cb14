"""MobileNetV2: filters in space channel by channel, mixing of channels pixel by pixel."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register

# Expansion, channels, blocks and stride of the first block, for each stage: the paper's table 2.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def _activated(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """``ReLU6(norm(conv(x)))``."""
    padding = kernel // 2
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    """More channels by 1×1, a 3×3 filter for each channel, fewer channels by 1×1; no last ReLU.

    Args:
        inputs: channels that come in.
        outputs: channels that come out; with as many and stride 1, the input is added.
        expansion: how many times more channels lie between.
        stride: of the 3×3 filters.
    """

    def __init__(self, inputs: int, outputs: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.adds = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            *([_activated(inputs, hidden, 1)] if expansion > 1 else []),
            _activated(hidden, hidden, 3, stride=stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k i j"]:
        """The block's result, with its input added where the shapes are the same."""
        out: Tensor = self.conv(x)
        return x + out if self.adds else out


@register("mobilenet_v2")
class MobileNetV2(nn.Module):
    """MobileNetV2: 3×3 filters for each channel by itself, 1×1 convolutions between them.

    One convolution of 3×3 and c² channels costs 9c² a pixel; a filter for each channel and a 1×1
    convolution cost 9c + c². Parameters are named as in torchvision, whose weights load into
    ``create("mobilenet_v2", in_channels=3, num_classes=1000)``.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        dropout: probability before the linear layer, 0 to 1.

    Example:
        >>> net = MobileNetV2(in_channels=3, num_classes=1000)
        >>> sum(p.numel() for p in net.parameters())
        3504872

    Source:
        Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, 2018, table 2.
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
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        blocks: list[nn.Module] = [_activated(in_channels, 32, 3, stride=2)]
        channels = 32
        for expansion, outputs, count, stride in STAGES:
            for i in range(count):
                step = stride if i == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, expansion=expansion, stride=step))
                channels = outputs
        self.features = nn.Sequential(*blocks, _activated(channels, 1280, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        initialise(self, linear_std=0.01)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        logits: Tensor = self.classifier(self.avgpool(self.features(image)).flatten(1))
        return logits
