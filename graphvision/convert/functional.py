"""Functions of torch.nn.functional that are a layer, given its settings and its weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from graphvision.convert.rules import Options
from graphvision.graphs import ImageGraph

Make = Callable[..., Any]


@dataclass(frozen=True)
class Given:
    """What a layer must fit.

    Attributes:
        dims: axes of the raster of the input.
        channels: of the input.
        shapes: of the tensors that are given beside it, by name.
    """

    dims: int
    channels: int
    shapes: tuple[tuple[str, tuple[int, ...]], ...]

    @classmethod
    def of(cls, input: Any, tensors: dict[str, Tensor]) -> "Given":
        """What one call gives."""
        shapes = tuple((name, tuple(tensor.shape)) for name, tensor in tensors.items())
        if isinstance(input, ImageGraph):
            return cls(int(input.image_size.shape[1]), int(input.x.shape[1]), shapes)
        return cls(input.ndim - 2, input.shape[1] if input.ndim > 1 else 0, shapes)


@dataclass(frozen=True)
class Signature:
    """A function's arguments after the input, and the layer that they make.

    Attributes:
        make: ``make(given, **settings, lower=, backend=)`` gives the layer; it is called with the
            input and, by name, the tensors.
        names: of all arguments, in order.
        tensors: which of them are tensors and no settings.
    """

    make: Make
    names: tuple[str, ...]
    tensors: tuple[str, ...] = ()


class OfLayer:
    """``function(input, …)`` by the layer with these settings, one made for each choice of them.

    Args:
        function: what the network's code calls; images are given to it as they are, unless every
            layer shall send messages.
        signature: how its arguments make a layer that takes image graphs too.
        options: how the layer runs.
    """

    def __init__(
        self, function: Callable[..., Any], signature: Signature, options: Options
    ) -> None:
        self.function, self._signature, self._options = function, signature, options
        self._made: dict[Any, Callable[..., Any]] = {}

    def __call__(self, input: Any, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer."""
        if isinstance(input, Tensor) and self._options == Options():
            return self.function(input, *args, **kwargs)
        named = dict(zip(self._signature.names, args, strict=False)) | kwargs
        tensors = {name: named.pop(name, None) for name in self._signature.tensors}
        tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
        given, settings = Given.of(input, tensors), _hashable(named)
        key = (given, *sorted(settings.items()))
        if key not in self._made:
            self._made[key] = self._signature.make(given, **settings, **self._options.keywords)
        return self._made[key](input, **tensors)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.function, '__name__', self.function)})"


def _hashable(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with tuples for lists."""
    return {n: tuple(v) if isinstance(v, (list, tuple)) else v for n, v in settings.items()}
