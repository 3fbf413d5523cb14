"""Every architecture by name: registering a model also puts it under the contract tests."""

from collections.abc import Callable
from typing import Any

from torch import nn

_FACTORIES: dict[str, type[nn.Module]] = {}


def register(name: str) -> Callable[[type[nn.Module]], type[nn.Module]]:
    """Class decorator that puts a model into the registry.

    Args:
        name: what ``create`` and the command line call the model.

    Returns:
        The decorator; it returns the class unchanged.

    Raises:
        ValueError: the name is taken, or the class doesn't say what it eats.

    Example:
        >>> import torch
        >>> from graphvision.models import register
        >>> register("lenet5")(torch.nn.Identity)
        Traceback (most recent call last):
        ...
        ValueError: `name` must be new, got 'lenet5', which is registered already
    """

    def enter(model: type[nn.Module]) -> type[nn.Module]:
        if name in _FACTORIES:
            raise ValueError(f"`name` must be new, got {name!r}, which is registered already")
        kind = getattr(model, "input_kind", None)
        if kind not in ("image", "graph"):
            raise ValueError(f"`input_kind` of {name!r} must be 'image' or 'graph', got {kind!r}")
        _FACTORIES[name] = model
        return model

    return enter


def create(name: str, **settings: Any) -> nn.Module:
    """Build a registered model with fresh weights.

    Args:
        name: one of :func:`names`.
        **settings: passed to the class. Image models take ``in_channels``, ``num_classes`` and
            ``image_size``; graph models ``in_features``, ``edge_features`` and ``num_classes``.

    Returns:
        The model; ``model.input_kind`` says whether it eats ``[b, c, h, w]`` tensors (``"image"``)
        or batches of ``ImageGraph`` (``"graph"``). Its output are logits, ``[b, num_classes]``.

    Raises:
        ValueError: no model has this name.

    Example:
        >>> import torch
        >>> from graphvision.models import create
        >>> create("lenet5", num_classes=10)(torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    return model_class(name)(**settings)


def model_class(name: str) -> type[nn.Module]:
    """The registered class, for its attributes.

    Args:
        name: one of :func:`names`.

    Returns:
        The class that :func:`create` would call.

    Raises:
        ValueError: no model has this name.

    Example:
        >>> from graphvision.models.registry import model_class
        >>> model_class("gcn").input_kind
        'graph'
    """
    if name not in _FACTORIES:
        raise ValueError(f"`name` must be one of {names()}, got {name!r}")
    return _FACTORIES[name]


def names() -> list[str]:
    """The registered models in alphabetical order.

    Returns:
        Names that :func:`create` takes.

    Example:
        >>> from graphvision.models import names
        >>> {"gcn", "lenet5", "mlp"} <= set(names())
        True
    """
    return sorted(_FACTORIES)
