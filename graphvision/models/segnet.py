"""SegNet: a decoder that puts each maximum back where the encoder found it."""

from itertools import pairwise
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register


def _stage(inputs: int, outputs: int, count: int, *, last: int) -> nn.Sequential:
    """``count`` times ReLU(norm(conv 3×3)); the last one has ``last`` channels."""
    widths = [inputs, *[outputs] * (count - 1), last]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


@register("segnet")
class SegNet(nn.Module):
    """SegNet: a class for every pixel; max unpooling puts each maximum back where it was.

    The encoder is VGG's, the decoder its mirror image: in place of skip connections the decoder
    gets the positions of the maxima, and fills the zeros between them by convolution. Pooling
    rounds up, so that any image size works.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits per pixel, ≥ 1.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        base: channels at full size, ≥ 1, doubled at each smaller size up to 8 ``base``; 64 in the
            paper.
        convolutions: number of them before each pooling, each ≥ 1; (2, 2, 3, 3, 3) in the paper.

    Raises:
        ValueError: ``base`` or a number of convolutions below 1, or no convolutions.

    Example:
        >>> import torch
        >>> SegNet(num_classes=3)(torch.rand(1, 1, 30, 45)).shape
        torch.Size([1, 3, 30, 45])

    Source:
        Badrinarayanan, Kendall and Cipolla, SegNet: A deep convolutional encoder-decoder
        architecture for image segmentation, 2017, figure 2.
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
        convolutions: tuple[int, ...] = (2, 2, 3, 3),
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if base < 1:
            raise ValueError(f"`base` must be at least 1, got {base}")
        if not convolutions or min(convolutions) < 1:
            raise ValueError(f"`convolutions` must be at least 1 each, got {convolutions}")
        widths = [base * min(2**level, 8) for level in range(len(convolutions))]
        before = [in_channels, *widths[:-1]]
        stages = list(zip(before, widths, convolutions, strict=True))
        self.pool = nn.MaxPool2d(2, ceil_mode=True, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)
        self.encoder = nn.ModuleList(
            _stage(inputs, width, count, last=width) for inputs, width, count in stages
        )
        self.decoder = nn.ModuleList(
            _stage(width, width, count, last=inputs) for inputs, width, count in stages[:0:-1]
        )
        self.last = nn.Sequential(
            *(_stage(base, base, convolutions[0] - 1, last=base) if convolutions[0] > 1 else ()),
            nn.Conv2d(base, num_classes, 3, padding=1),
        )
        initialise(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k h w"]:
        """Logits of every pixel."""
        x, pooled = image, []
        for stage in self.encoder:
            before = stage(x)
            x, indices = self.pool(before)
            pooled.append((indices, before.shape))
        for stage in [*self.decoder, self.last]:
            indices, size = pooled.pop()
            x = stage(self.unpool(x, indices, output_size=size))
        logits: Tensor = x
        return logits
