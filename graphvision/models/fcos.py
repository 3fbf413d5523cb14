"""Detection in one stage: every cell of a coarse map says what lies there and how far it goes."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.double_conv import DoubleConv, Shrinking
from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register


@register("fcos")
class FCOS(nn.Module):
    """FCOS, small: a map of cells that each say a class, a box and how central they are.

    Double convolutions and poolings by 2 down to the stride, then residual convolutions that widen
    the view, then one convolution to the answer, as in YOLO one head for all of it. A cell of
    stride s is exactly a patch of s × s pixels; pooling rounds up at the right and below.
    ``num_classes`` = classes + 5: class logits, logarithms of the distances from the cell's centre
    to the left, upper, right and lower side in units of the stride, and the logit of centre-ness.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: channels of the map.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        base: channels at full size, ≥ 1, doubled at each pooling.
        stride: side of a cell in pixels: 2, 4, 8 or 16; None for 4 where the image's shorter side
            is below 128 pixels, else 8.
        depth: residual double convolutions on the map, ≥ 1.

    Raises:
        ValueError: another stride, or ``base`` or ``depth`` below 1.

    Example:
        >>> import torch
        >>> FCOS(num_classes=15, image_size=(64, 64))(torch.rand(2, 1, 64, 50)).shape
        torch.Size([2, 15, 16, 13])

    Source:
        Tian et al., FCOS: Fully convolutional one-stage object detection, 2019, section 3, with
        one map and one head; Redmon et al., You only look once, 2016. The last layer's first
        weights: Lin et al., Focal loss for dense object detection, 2017, section 4.1.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["pixels"] = "pixels"
    dims = 2
    smallest_image = 1

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 15,
        image_size: tuple[int, int] = (64, 64),
        *,
        base: int = 16,
        stride: int | None = None,
        depth: int = 2,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        self.stride = (4 if min(image_size) < 128 else 8) if stride is None else stride
        if self.stride not in (2, 4, 8, 16):
            raise ValueError(f"`stride` must be 2, 4, 8 or 16, got {stride}")
        if depth < 1:
            raise ValueError(f"`depth` must be at least 1, got {depth}")
        self.backbone = Shrinking(in_channels, base, self.stride.bit_length() - 1)
        width = self.backbone.out_channels
        self.wider = nn.ModuleList(DoubleConv(width, width) for _ in range(depth))
        self.last = nn.Conv2d(width, num_classes, 3, padding=1)
        initialise(self)
        nn.init.normal_(self.last.weight, 0.0, 0.01)  # else answers start spread widely

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k i j"]:
        """The map of answers."""
        x = self.backbone(image)
        for wider in self.wider:
            x = x + wider(x)
        answers: Tensor = self.last(x)
        return answers
