"""A convolutional network for signals."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import register


@register("conv1d")
class SignalNet(nn.Module):
    """1-D CNN for signals ``[b, c, n]``: three convolutions and the mean over time.

    ``conv 7, w → conv 5, 2w → conv 3, w``, each with batch norm and ReLU, none with a stride: the
    length is kept up to the mean, so that any length works.

    Args:
        in_channels: channels of the signal, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (length,) in samples; any, and ``forward`` takes any other.
        width: channels w, ≥ 1; 128 in the paper.

    Raises:
        ValueError: ``image_size`` isn't one length, or ``width`` is below 1.

    Example:
        >>> import torch
        >>> SignalNet(in_channels=2, num_classes=3)(torch.rand(4, 2, 500)).shape
        torch.Size([4, 3])

    Source:
        Wang, Yan and Oates, Time series classification from scratch with deep neural networks: A
        strong baseline, 2017, figure 1b; the first kernel has 7 taps in place of 8, which has no
        centre.
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 1
    smallest_image = 1

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int] = (128,),
        *,
        width: int = 128,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if width < 1:
            raise ValueError(f"`width` must be at least 1, got {width}")
        self.features = nn.Sequential(
            nn.Conv1d(in_channels, width, 7, padding=3),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, 2 * width, 5, padding=2),
            nn.BatchNorm1d(2 * width),
            nn.ReLU(),
            nn.Conv1d(2 * width, width, 3, padding=1),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        )
        self.avgpool = nn.AdaptiveAvgPool1d(1)
        self.fc = nn.Linear(width, num_classes)

    def forward(self, signal: Float[Tensor, "b c n"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of signals."""
        logits: Tensor = self.fc(self.avgpool(self.features(signal)).flatten(1))
        return logits
