"""AlexNet, with which deep learning came to images."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import register


@register("alexnet")
class AlexNet(nn.Module):
    """AlexNet: convolutions of 11×11, 5×5 and 3×3, overlapping max pooling, ReLU and dropout.

    Parameters are named as in torchvision, whose weights load into
    ``create("alexnet", in_channels=3, num_classes=1000)``.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels, each ≥ 63; ``forward`` takes any other such size.
        dropout: probability in the linear layers, 0 to 1.

    Raises:
        ValueError: an image this small leaves nothing.

    Example:
        >>> net = AlexNet(in_channels=3, num_classes=1000, image_size=(224, 224))
        >>> sum(p.numel() for p in net.parameters())
        61100840

    Source:
        Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014: the form
        on one device of Krizhevsky, Sutskever and Hinton, 2012.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 63

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (64, 64),
        *,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 64, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, num_classes),
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        logits: Tensor = self.classifier(self.avgpool(self.features(image)).flatten(1))
        return logits
