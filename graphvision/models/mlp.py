"""A multilayer perceptron on the flattened image: the model that knows no neighbourhood."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import register


@register("mlp")
class MLP(nn.Module):
    """Two hidden layers on the flattened image: the floor under every model that uses structure.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels.
        hidden: width of the two hidden layers, ≥ 1.

    Example:
        >>> import torch
        >>> MLP(in_channels=3, image_size=(8, 8))(torch.rand(2, 3, 8, 8)).shape
        torch.Size([2, 10])
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
        hidden: int = 128,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        pixels = in_channels * image_size[0] * image_size[1]
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(pixels, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        logits: Tensor = self.layers(image)
        return logits
