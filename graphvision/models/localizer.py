"""One object: what it is and the box around it, as numbers that one regression gives."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.double_conv import Shrinking
from graphvision.models.image_size import check_image_size
from graphvision.models.initialise import initialise
from graphvision.models.registry import register


@register("localizer")
class Localizer(nn.Module):
    """A CNN with class and box at its end: classes, then four logits of a box.

    Double convolutions and poolings, the map averaged into 4 × 4 cells, so that it is still known
    where things are, and two linear layers. ``num_classes`` = classes + 4; a sigmoid of the last
    four gives centre x, centre y, width and height of the box, in shares of the picture, which is
    a box whatever the logits are. Any network that answers for whole images can do the same.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: numbers per image.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        base: channels at full size, ≥ 1, doubled at each pooling.
        depth: number of poolings, ≥ 1.
        hidden: width between the linear layers.

    Raises:
        ValueError: ``base`` or ``depth`` below 1.

    Example:
        >>> import torch
        >>> Localizer(num_classes=14, image_size=(64, 64))(torch.rand(2, 1, 64, 50)).shape
        torch.Size([2, 14])

    Source:
        Sermanet et al., OverFeat: Integrated recognition, localization and detection, 2014,
        section 4: a box by regression on the features of a classifier.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 1

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 14,
        image_size: tuple[int, int] = (64, 64),
        *,
        base: int = 16,
        depth: int = 3,
        hidden: int = 128,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        self.backbone = Shrinking(in_channels, base, depth)
        self.cells = nn.AdaptiveAvgPool2d(4)
        self.first = nn.Linear(16 * self.backbone.out_channels, hidden)
        self.relu = nn.ReLU()
        self.last = nn.Linear(hidden, num_classes)
        initialise(self)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Class logits and box logits of every image."""
        cells = self.cells(self.backbone(image)).flatten(1)
        answers: Tensor = self.last(self.relu(self.first(cells)))
        return answers
