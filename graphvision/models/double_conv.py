"""Two convolutions and their norms: the stage of which U-Net and its kin are made."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn


class DoubleConv(nn.Sequential):
    """Twice ``ReLU(norm(conv 3×3))``, the size kept.

    Args:
        inputs: channels that come in.
        outputs: channels that come out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class Shrinking(nn.Module):
    """A double convolution, then, again and again, max pooling by 2 and one of twice the channels.

    Pooling rounds up, so that each pixel counts; a place of the map is a patch of pixels.

    Args:
        inputs: channels that come in.
        base: channels at full size, ≥ 1.
        poolings: how many, ≥ 1.
    """

    def __init__(self, inputs: int, base: int, poolings: int) -> None:
        super().__init__()
        if min(base, poolings) < 1:
            raise ValueError(
                f"`base` and the number of poolings must be at least 1, got {base} and {poolings}"
            )
        widths = [inputs, *(base * 2**level for level in range(poolings + 1))]
        self.out_channels = widths[-1]
        self.stages = nn.ModuleList(DoubleConv(*channels) for channels in pairwise(widths))
        self.pool = nn.MaxPool2d(2, ceil_mode=True)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d i j"]:
        """The last map."""
        x = image
        for place, stage in enumerate(self.stages):
            x = stage(self.pool(x) if place else x)
        return x
