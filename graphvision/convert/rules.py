"""The table of what each layer and each function becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import nn

Convert = Callable[[Any, "Options"], Callable[..., Any]]
R = TypeVar("R", bound=Convert)


@dataclass(frozen=True)
class Options:
    """How the layers of the network run; see :class:`graphvision.nn.MessagePassing`."""

    lower: bool = True
    backend: str = "auto"

    @property
    def keywords(self) -> dict[str, Any]:
        """As arguments of a layer."""
        return {"lower": self.lower, "backend": self.backend}


@dataclass(frozen=True)
class Rule:
    """What one kind of layer or function becomes.

    Attributes:
        convert: ``convert(original, options)`` gives a module, which takes the place of the
            original and must keep its parameter names, or a function that is called in its place.
        leaves_raster: the result is no image any more, whatever the input.
    """

    convert: Convert
    leaves_raster: bool = False


_RULES: dict[Any, Rule] = {}


def register_rule(*kinds: Any, leaves_raster: bool = False) -> Callable[[R], R]:
    """Decorator: teach :func:`graphvision.graphify` a layer or a function.

    The function that is decorated is called as ``convert(original, options)``. ``original`` is the
    module, or the function as it stands in the network's code; for a method of tensors it is a
    function whose first argument is the tensor. It returns what runs in its place: a module, whose
    parameters have the same names, or a function. Either must take images ``[b, c, *size]``, with
    the result of the original, and image graphs.

    Args:
        *kinds: module classes (exact, not their subclasses), functions, or names of tensor methods.
        leaves_raster: whether the result is no image any more: a flattened image or a global pool.

    Returns:
        The decorator; a rule of a kind that has one already replaces it.

    Example:
        >>> import torch, graphvision as gv
        >>> class Doubled(torch.nn.Module):
        ...     def forward(self, x):
        ...         return x * 2 if x.sum() > 0 else x
        >>> @gv.convert.register_rule(Doubled)
        ... def convert(original, options):
        ...     return gv.nn.Nodewise(original)
        >>> net = gv.graphify(torch.nn.Sequential(Doubled()), torch.ones(1, 1, 2, 2))
        >>> float(net(torch.ones(1, 1, 2, 2)).sum())
        8.0
    """

    def enter(convert: R) -> R:
        for kind in kinds:
            _RULES[kind] = Rule(convert, leaves_raster)
        return convert

    return enter


def rule_of(kind: Any) -> Rule | None:
    """The rule of a module's class, of a function or of a method's name."""
    try:
        return _RULES.get(kind)
    except TypeError:  # a callable object that can't be a key
        return None


def is_step(module: nn.Module) -> bool:
    """Whether a module is a step of its own: it has a rule, or is a layer of torch's."""
    return rule_of(type(module)) is not None or (
        type(module).__module__.startswith(("torch.nn", "torch.ao.nn"))
        and not isinstance(module, (nn.Sequential, nn.ModuleList, nn.ModuleDict))
    )


def kinds() -> list[Any]:
    """Everything that has a rule."""
    return list(_RULES)
