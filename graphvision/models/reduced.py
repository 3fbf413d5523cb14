"""A CNN that sees a reduced image: what a graph of few nodes has to be better than."""

from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.registry import create, model_class, register


@register("unet-half", model="unet", factor=2)
@register("unet-quarter", model="unet", factor=4)
@register("fcos-half", model="fcos", factor=2)
@register("fcos-quarter", model="fcos", factor=4)
class Reduced(nn.Module):
    """A network for maps on the image reduced by averaging: the cheap way to be cheap.

    > ``map = network(means of the factor × factor squares of pixels)``

    The image comes in full and the map's stride is the network's own times the factor, so that
    truth and scores are those of the full image. Squares at the right and below that are cut off
    are averaged over what they have.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: channels of the map.
        image_size: (height, width) in pixels; the network is built for the reduced image.
        model: name of a network in the registry that takes images of any size and gives a map.
        factor: pixels on each side of a square, ≥ 1.
        **settings: further ones of the network.

    Raises:
        ValueError: ``factor`` below 1, or the network gives no map.

    Example:
        >>> import torch
        >>> net = Reduced(3, 11, (30, 45), model="unet", factor=2)
        >>> net(torch.rand(1, 3, 30, 45)).shape, net.stride
        (torch.Size([1, 11, 15, 23]), 2)
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
        model: str = "unet",
        factor: int = 2,
        **settings: Any,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if factor < 1:
            raise ValueError(f"`factor` must be at least 1, got {factor}")
        kind: Any = model_class(model)
        if kind.input_kind != "image" or getattr(kind, "output_kind", "image") != "pixels":
            raise ValueError(f"`model` must take images and give a map, got {model!r}")
        height, width = (-(-side // factor) for side in image_size)
        self.reduce = nn.AvgPool2d(factor, ceil_mode=True)
        self.model = create(
            model,
            in_channels=in_channels,
            num_classes=num_classes,
            image_size=(height, width),
            **settings,
        )
        self.stride = factor * getattr(self.model, "stride", 1)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k i j"]:
        """The map of the reduced image."""
        answers: Tensor = self.model(self.reduce(image))
        return answers
