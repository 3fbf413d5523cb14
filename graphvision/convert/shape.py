"""What a network's code asks an image for: its shape, its type, its device."""

import builtins
from collections.abc import Callable
from math import prod
from typing import Any

import torch

from graphvision.graphs import ImageGraph


def image_shape(graph: ImageGraph) -> torch.Size:
    """The shape ``(b, c, *size)`` of the painted images.

    Raises:
        ValueError: the images have different sizes.
    """
    sizes = sorted(set(graph.size_hw))
    if len(sizes) > 1:
        raise ValueError(
            f"`graph` must have images of one size where code asks for it, got {sizes[:4]}"
        )
    return torch.Size((len(graph.image_size), int(graph.x.shape[1]), *sizes[0]))


def shape_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that asks for shape, type or device, also of image graphs."""
    name = getattr(function, "__name__", "")

    def ask(value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, ImageGraph):
            return function(value, *args, **kwargs)
        if function is builtins.getattr:
            return _attribute(value, args[0])
        if name == "size":
            shape = image_shape(value)
            return shape[args[0]] if args else shape
        if name == "len":
            return len(value.image_size)
        return prod(image_shape(value)) if name == "numel" else len(image_shape(value))

    return ask


def _attribute(graph: ImageGraph, name: str) -> Any:
    if name == "shape":
        return image_shape(graph)
    if name == "ndim":
        return len(image_shape(graph))
    return getattr(graph.x, name)
