"""The one check of the sizes that an image model can take."""

from typing import Any

AXES = {1: "(length,)", 2: "(height, width)", 3: "(depth, height, width)"}


def check_image_size(model: Any, image_size: tuple[int, ...]) -> None:
    """Refuse an image of which a model's layers would leave nothing.

    Args:
        model: the model under construction, with the attributes ``dims`` and ``smallest_image``.
        image_size: what its constructor was given, in pixels.

    Raises:
        ValueError: another number of axes than ``dims``, or a side below ``smallest_image``.

    Example:
        >>> from graphvision.models import AlexNet
        >>> AlexNet(image_size=(28, 28))
        Traceback (most recent call last):
        ...
        ValueError: `image_size` must be (height, width), each at least 63, got (28, 28)
    """
    if len(image_size) != model.dims or min(image_size) < model.smallest_image:
        axes, each = AXES[model.dims], "" if model.dims == 1 else " each"
        least = f"{axes},{each} at least {model.smallest_image}"
        raise ValueError(f"`image_size` must be {least}, got {tuple(image_size)}")
