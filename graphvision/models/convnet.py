"""The course's ConvNet, which leaves the choice of pooling open."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import register


def _strided(channels: int, kernel_size: int, stride: int) -> nn.Module:
    """A convolution that learns how to make the image smaller, channel by channel."""
    return nn.Conv2d(channels, channels, kernel_size, stride, groups=channels)


def _pooling(layer: Callable[..., nn.Module]) -> Callable[[int, int, int], nn.Module]:
    return lambda _channels, kernel_size, stride: layer(kernel_size=kernel_size, stride=stride)


POOLINGS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "max": _pooling(nn.MaxPool2d),
    "avg": _pooling(nn.AvgPool2d),
    "sum": _pooling(partial(nn.AvgPool2d, divisor_override=1)),
    "strided": _strided,
    "none": lambda *_: nn.Identity(),
}


@register("convnet")
class ConvNet(nn.Module):
    """ConvNet of the course: two convolutions, a pooling of choice after each, one linear layer.

    ``conv 5×5, 16 → ReLU → pool 3×3 → conv 5×5, 32 → ReLU → pool 3×3/2 → linear``. Each layer makes
    an image of W pixels ``⌊(W − K + 2P)/S⌋ + 1`` wide, with kernel K, padding P and stride S.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels, each ≥ 13.
        pooling: ``"max"``, ``"avg"``, ``"sum"``, ``"strided"`` (a convolution of each channel by
            itself, with the window and stride of the pooling), ``"none"``, or a class like
            ``nn.MaxPool2d``, called with ``kernel_size`` and ``stride``.

    Raises:
        ValueError: an image this small leaves nothing, or there is no such pooling.

    Example:
        >>> import torch
        >>> net = ConvNet(pooling=nn.MaxPool2d)
        >>> net.conv1(torch.rand(1, 1, 28, 28)).shape, net.pool1(torch.rand(1, 16, 24, 24)).shape
        (torch.Size([1, 16, 24, 24]), torch.Size([1, 16, 22, 22]))
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 13

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (28, 28),
        *,
        pooling: str | type[nn.Module] = "max",
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if isinstance(pooling, str) and pooling not in POOLINGS:
            raise ValueError(f"`pooling` must be one of {list(POOLINGS)}, got {pooling!r}")
        pool = POOLINGS[pooling] if isinstance(pooling, str) else _pooling(pooling)
        self.conv1 = nn.Conv2d(in_channels, 16, kernel_size=5)
        self.pool1 = pool(16, 3, 1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.pool2 = pool(32, 3, 2)
        height, width = (
            side - 4 - 4 if pooling == "none" else (side - 4 - 2 - 4 - 3) // 2 + 1
            for side in image_size
        )
        self.fc = nn.Linear(32 * height * width, num_classes)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        hidden = self.pool1(F.relu(self.conv1(image)))
        hidden = self.pool2(F.relu(self.conv2(hidden)))
        logits: Tensor = self.fc(hidden.flatten(1))
        return logits
