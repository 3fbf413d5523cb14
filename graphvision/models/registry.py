"""Every architecture by name: registering a model also puts it under the contract tests."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from graphvision.models.message_twin import SUFFIX, message_twin


@dataclass(frozen=True)
class _Entry:
    """A class and the settings that its name stands for."""

    model: type[nn.Module]
    settings: dict[str, Any]


_FACTORIES: dict[str, _Entry] = {}
KINDS = {"input_kind": ("image", "graph", "both"), "output_kind": ("image", "pixels")}


class Names(list[str]):
    """Names of models; a list that prints as a table, a line for each model.

    Example:
        >>> print(Names(["mlp", "resnet18"]))
        mlp       Two hidden layers on the flattened image: the floor under every model ...
        resnet18  ResNet: blocks that learn what to add to their input (depth=18)
    """

    def __str__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(f"{name:<{width}}  {describe(name)}" for name in self)


def register(name: str, **settings: Any) -> Callable[[type[nn.Module]], type[nn.Module]]:
    """Class decorator that puts a model into the registry.

    A class of which several configurations have names of their own is registered once for each.

    Args:
        name: what ``create`` and the command line call the model.
        **settings: what the name stands for: :func:`create` passes them to the class.

    Returns:
        The decorator; it returns the class unchanged.

    Raises:
        ValueError: the name is taken, or the class doesn't say what it eats. An image model's
            ``output_kind`` is ``"image"``, logits for each image, unless it says ``"pixels"``.

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
        found = {
            "input_kind": getattr(model, "input_kind", None),
            "output_kind": getattr(model, "output_kind", "image"),
        }
        for attribute, allowed in KINDS.items():
            if found[attribute] not in allowed:
                wanted, got = " or ".join(map(repr, allowed)), found[attribute]
                raise ValueError(f"`{attribute}` of {name!r} must be {wanted}, got {got!r}")
        _FACTORIES[name] = _Entry(model, settings)
        return model

    return enter


def create(name: str, **settings: Any) -> nn.Module:
    """Build a registered model with fresh weights.

    Args:
        name: one of :func:`names`. ``NAME-graph`` is the image model ``NAME`` as message passing,
            by :func:`graphvision.graphify`; it takes images, and image graphs of any partition.
        **settings: passed to the class; ``NAME-graph`` also takes ``lower`` and ``backend``. Image
            models take ``in_channels``, ``num_classes`` and ``image_size``; graph models
            ``in_features``, ``edge_features`` and ``num_classes``; hybrids ``in_channels`` and what
            graph models take.

    Returns:
        The model; ``model.input_kind`` says whether it eats ``[b, c, h, w]`` tensors (``"image"``;
        ``model.dims`` is 2, or 1 for signals ``[b, c, n]`` and 3 for volumes ``[b, c, d, h, w]``),
        batches of ``ImageGraph`` (``"graph"``), or an image batch and its graphs (``"both"``). Its
        output are logits, ``[b, num_classes]``, or a map ``[b, num_classes, h', w']`` where
        ``model.output_kind`` is ``"pixels"``, of ``⌈h / model.stride⌉`` rows where it has a
        stride. Models with ``levels`` answer for whole graphs, nodes or edges, as ``level`` says,
        ``[b | n | e, num_classes]``, or for several as a dictionary, where ``heads`` asks for them.

    Raises:
        ValueError: no model has this name, or the model can't be built with these settings.

    Example:
        >>> import torch
        >>> from graphvision.models import create
        >>> create("lenet5", num_classes=10)(torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    entry = _entry(name)
    settings = entry.settings | settings
    return message_twin(entry.model, settings) if _is_twin(name) else entry.model(**settings)


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
    return _entry(name).model


def describe(name: str) -> str:
    """A model in one line.

    Args:
        name: one of :func:`names`.

    Returns:
        The first line of the class's docstring, and the settings that the name stands for.

    Raises:
        ValueError: no model has this name.

    Example:
        >>> from graphvision.models import describe
        >>> describe("resnet50")
        'ResNet: blocks that learn what to add to their input (depth=50)'
    """
    entry = _entry(name)
    line = (inspect.getdoc(entry.model) or entry.model.__name__).splitlines()[0].rstrip(".")
    settings = ", ".join(f"{key}={value!r}" for key, value in entry.settings.items())
    line = f"{line} ({settings})" if settings else line
    return f"{name.removesuffix(SUFFIX)} as message passing" if _is_twin(name) else line


def names() -> Names:
    """The registered models in alphabetical order.

    Returns:
        Names that :func:`create` takes, as a list; ``print`` shows each with its description.

    Example:
        >>> from graphvision.models import names
        >>> {"gcn", "lenet5", "mlp"} <= set(names())
        True
    """
    twins = [f"{name}{SUFFIX}" for name in _FACTORIES if _is_twin(f"{name}{SUFFIX}")]
    return Names(sorted([*_FACTORIES, *twins]))


def _is_twin(name: str) -> bool:
    """Whether a name stands for an image model as message passing."""
    original = _FACTORIES.get(name.removesuffix(SUFFIX))
    kind = getattr(original.model, "input_kind", None) if original else None
    return name.endswith(SUFFIX) and kind == "image"


def _entry(name: str) -> _Entry:
    known = _FACTORIES.get(name.removesuffix(SUFFIX) if _is_twin(name) else name)
    if known is None:
        raise ValueError(f"`name` must be one of {list(names())}, got {name!r}")
    return known
