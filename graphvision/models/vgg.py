"""VGG: nothing but 3×3 convolutions and pooling by two."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register

# Convolutions in each of the five stages, by the number of layers with weights.
CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
WIDTHS = (64, 128, 256, 512, 512)


@register("vgg11", depth=11)
@register("vgg16", depth=16)
@register("vgg11_bn", depth=11, batch_norm=True)
@register("vgg16_bn", depth=16, batch_norm=True)
class VGG(nn.Module):
    """VGG: five stages of 3×3 convolutions, each halved by max pooling, and three linear layers.

    Two 3×3 convolutions see as far as one of 5×5, with fewer parameters and one more ReLU. The
    first linear layer reads a map of 7×7 and holds 103 million of the parameters. Parameters are
    named as in torchvision, whose weights load into
    ``create("vgg16", in_channels=3, num_classes=1000)``.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels, each ≥ 32; ``forward`` takes any other such size.
        depth: layers with weights: 11, 13, 16 or 19.
        batch_norm: normalise after each convolution; without, training needs care.
        dropout: probability in the linear layers, 0 to 1.

    Raises:
        ValueError: an image this small leaves nothing, or there is no VGG of this depth.

    Example:
        >>> net = VGG(in_channels=3, num_classes=1000, image_size=(224, 224), depth=11)
        >>> sum(p.numel() for p in net.parameters())
        132863336

    Source:
        Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition,
        2015, table 1, columns A, B, D and E; batch norm and the mean to 7×7 as in torchvision.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 32

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (32, 32),
        *,
        depth: int = 16,
        batch_norm: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if depth not in CONVOLUTIONS:
            raise ValueError(f"`depth` must be one of {list(CONVOLUTIONS)}, got {depth}")
        layers: list[nn.Module] = []
        channels = in_channels
        for count, width in zip(CONVOLUTIONS[depth], WIDTHS, strict=True):
            for _ in range(count):
                layers.append(nn.Conv2d(channels, width, 3, padding=1))
                if batch_norm:
                    layers.append(nn.BatchNorm2d(width))
                layers.append(nn.ReLU())
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )
        initialise(self, linear_std=0.01)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        logits: Tensor = self.classifier(self.avgpool(self.features(image)).flatten(1))
        return logits
