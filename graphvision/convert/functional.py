"""Functions of torch.nn.functional that are a layer without parameters, given its settings."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from graphvision.convert.rules import Options


class OfLayer:
    """``function(input, *settings)`` by the layer with these settings, one made for each.

    Args:
        function: what the network's code calls; images are given to it as they are, unless every
            layer shall send messages.
        layer: class of the layer that takes image graphs too.
        names: of the settings, in the order of the function's arguments after the input.
        options: how the layer runs.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        layer: type[Any],
        names: tuple[str, ...],
        *,
        options: Options,
    ) -> None:
        self.function, self._layer, self._names, self._options = function, layer, names, options
        self._made: dict[Any, Any] = {}

    def __call__(self, input: Any, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer."""
        if isinstance(input, Tensor) and self._options == Options():
            return self.function(input, *args, **kwargs)
        settings = dict(zip(self._names, args, strict=False)) | kwargs
        settings = {n: tuple(v) if isinstance(v, list) else v for n, v in settings.items()}
        key = tuple(sorted(settings.items()))
        if key not in self._made:
            self._made[key] = self._layer(**settings, **self._options.keywords)
        return self._made[key](input)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._layer.__name__})"
