"""U-Net: an encoder and a decoder, joined at every size."""

from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.double_conv import DoubleConv
from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register

UPS = ("transposed", "bilinear")


class Up(nn.Module):
    """Twice the size and half the channels, then joined with what the encoder had at this size.

    Args:
        channels: channels that come in, even.
        up: ``"transposed"`` for a transposed convolution, or ``"bilinear"``.
    """

    def __init__(self, channels: int, up: str) -> None:
        super().__init__()
        half = channels // 2
        self.up: nn.Module = (
            nn.ConvTranspose2d(channels, half, 2, stride=2)
            if up == "transposed"
            else nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(channels, half, 1)
            )
        )
        self.conv = DoubleConv(channels, half)

    def forward(
        self, x: Float[Tensor, "b c i j"], skip: Float[Tensor, "b d h w"]
    ) -> Float[Tensor, "b d h w"]:
        """Features of the size of ``skip``; of an odd side, the last of the doubled is cut off."""
        x = self.up(x)
        x = F.pad(x, (0, skip.shape[3] - x.shape[3], 0, skip.shape[2] - x.shape[2]))
        joined: Tensor = self.conv(torch.cat([skip, x], dim=1))
        return joined


@register("unet")
class UNet(nn.Module):
    """U-Net: a class for every pixel, from an encoder and a decoder joined at every size.

    ``depth`` times max pooling by 2 and twice the channels, then as many times back. Pooling
    rounds up, so that each pixel counts at every size; padding keeps the size, where the original
    shrinks. Any image size works.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits per pixel, ≥ 1.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        base: channels at full size, ≥ 1; 64 in the paper.
        depth: number of poolings, ≥ 1.
        up: ``"transposed"`` (convolution 2×2, as in the paper) or ``"bilinear"``, with a 1×1
            convolution.

    Raises:
        ValueError: ``base`` or ``depth`` below 1, or no such way up.

    Example:
        >>> UNet(num_classes=3)(torch.rand(1, 1, 30, 45)).shape
        torch.Size([1, 3, 30, 45])

    Source:
        Ronneberger, Fischer and Brox, U-Net: Convolutional networks for biomedical image
        segmentation, 2015, figure 1; batch norm added.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["pixels"] = "pixels"
    dims = 2
    smallest_image = 1

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (28, 28),
        *,
        base: int = 16,
        depth: int = 4,
        up: str = "transposed",
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if min(base, depth) < 1:
            raise ValueError(f"`base` and `depth` must be at least 1, got {base} and {depth}")
        if up not in UPS:
            raise ValueError(f"`up` must be one of {list(UPS)}, got {up!r}")
        widths = [base * 2**level for level in range(depth + 1)]
        self.first = DoubleConv(in_channels, base)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.down = nn.ModuleList(DoubleConv(width, 2 * width) for width in widths[:-1])
        self.up = nn.ModuleList(Up(width, up) for width in reversed(widths[1:]))
        self.last = nn.Conv2d(base, num_classes, 1)
        initialise(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        x = self.first(image)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(self.pool(x))
        for up in self.up:
            x = up(x, skips.pop())
        logits: Tensor = self.last(x)
        return logits
