"""A model of the registry on pictures that are not of its kind: too small, or flat."""

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision import models
from graphvision.tasks.task import Level


class Fitted(nn.Module):
    """A classifier of pictures made of a model for larger images, signals, volumes or pixels.

    Pictures below the model's smallest image are enlarged bilinearly; a signal is the picture's
    rows one behind the other; a volume is the picture repeated along its depth. Answers for each
    pixel are averaged.

    Args:
        model: the model.
        size: of the images that it was built for, per axis.
    """

    def __init__(self, model: nn.Module, size: tuple[int, ...]) -> None:
        super().__init__()
        self.model, self.size = model, size

    def fit(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c *size"]:
        """The pictures as the model takes them."""
        if len(self.size) == 1:
            return image.flatten(2)
        if tuple(image.shape[2:]) != self.size[-2:]:
            image = F.interpolate(image, self.size[-2:], mode="bilinear")
        if len(self.size) == 2:
            return image
        return image.unsqueeze(2).expand(-1, -1, self.size[0], -1, -1)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """One answer for each picture."""
        logits: Tensor = self.model(self.fit(image))
        return logits.flatten(2).mean(2) if logits.ndim > 2 else logits


def fitted(
    name: str, *, level: Level = "graph", heads: Mapping[str, int] | None = None, **shape: Any
) -> nn.Module:
    """A model of the registry as one that answers a task on pictures or their graphs.

    Args:
        name: in the registry.
        level: where answers are wanted: for each image, or for nodes or edges, which are the
            pixels of maps for models that take images.
        heads: numbers of answers by level, where several are wanted, in place of ``level``.
        **shape: as for :func:`graphvision.models.create`; ``image_size`` is the pictures'.

    Returns:
        The model itself where it takes such pictures and gives such answers; a classifier of
        pictures for larger images, signals, volumes or pixels in a :class:`Fitted`.

    Raises:
        ValueError: the model can't be built, or doesn't answer at this level or these.

    Example:
        >>> fitted("vgg11", in_channels=1, num_classes=10, image_size=(28, 28)).size
        (32, 32)
    """
    kind: Any = models.model_class(name)
    if heads is not None:
        return _at_several(name, kind, heads, shape)
    if kind.input_kind == "graph":
        return _of_graphs(name, kind, level, shape)
    if kind.input_kind == "both":
        own = "graph" if level == "graph" else "pixels"
        return models.create(name, level=own, **_without_size(shape))
    output = getattr(kind, "output_kind", "image")
    if level != "graph" and output != "pixels":
        raise ValueError(f"`model` must answer for pixels, got {name!r}, which does for images")
    size, axes = tuple(shape["image_size"]), getattr(kind, "dims", 2)
    least = getattr(kind, "smallest_image", 1)
    if level != "graph":
        if min(size) < least:
            raise ValueError(f"`image_size` must be at least {least} for {name!r}, got {size}")
        return models.create(name, **shape)
    wanted = (size[0] * size[1],) if axes == 1 else tuple(max(least, side) for side in size)
    wanted = (max(least, 1), *wanted) if axes == 3 else wanted
    model = models.create(name, **{**shape, "image_size": wanted})
    return model if wanted == size and output == "image" else Fitted(model, wanted)


def _at_several(name: str, kind: Any, heads: Mapping[str, int], shape: dict[str, Any]) -> nn.Module:
    levels = getattr(kind, "levels", ())
    if not set(heads) <= set(levels) or len(levels) < 2:
        got = f"{name!r}, which does for {list(levels) or 'one of them'}"
        raise ValueError(f"`model` must answer for each of {list(heads)} at once, got {got}")
    return models.create(name, heads=heads, **_without_size(shape))


def _without_size(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if key != "image_size"}


def _of_graphs(name: str, kind: Any, level: Level, shape: dict[str, Any]) -> nn.Module:
    levels = getattr(kind, "levels", ("graph",))
    if level not in levels:
        got = f"{name!r}, which does for {list(levels)}"
        raise ValueError(f"`model` must answer for each {level}, got {got}")
    own = {"level": level} if len(levels) > 1 else {}
    return models.create(name, **shape, **own)
