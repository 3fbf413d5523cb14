"""Functions of torch.nn.functional that are a layer without parameters, given its settings."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from graphvision.convert.rules import Options
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn import Convolution

_SETTINGS = ("stride", "padding", "dilation", "groups")
_TRANSPOSED_SETTINGS = ("stride", "padding", "output_padding", "groups", "dilation")


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
        settings = hashable(dict(zip(self._names, args, strict=False)) | kwargs)
        key = tuple(sorted(settings.items()))
        if key not in self._made:
            self._made[key] = self._layer(**settings, **self._options.keywords)
        return self._made[key](input)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._layer.__name__})"


class OfWeights:
    """A convolution whose weights are an argument: ``F.conv2d`` and its kin.

    Args:
        function: what the network's code calls.
        dims: axes of the raster.
        transposed: whether it is a transposed convolution.
        options: how it runs.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        dims: int,
        *,
        transposed: bool = False,
        options: Options,
    ) -> None:
        self.function, self._dims, self._transposed = function, dims, transposed
        self._names = _TRANSPOSED_SETTINGS if transposed else _SETTINGS
        self._options = options
        self._made: dict[Any, Convolution] = {}

    def __call__(self, input: Any, weight: Tensor, bias: Any = None, *args: Any, **kw: Any) -> Any:
        """Convolve."""
        if isinstance(input, Tensor) and self._options == Options():
            return self.function(input, weight, bias, *args, **kw)
        settings = hashable(dict(zip(self._names, args, strict=False)) | kw)
        settings["kernel_size"] = tuple(weight.shape[2:])
        key = tuple(sorted(settings.items()))
        if key not in self._made:
            groups = settings.pop("groups", 1)
            kind: Any = TransposedWindow if self._transposed else Window
            window = kind.make(settings.pop("kernel_size"), dims=self._dims, **settings)
            self._made[key] = Convolution(window, groups, **self._options.keywords)
        return self._made[key](input, weight, bias)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.function, '__name__', self.function)})"


def hashable(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with tuples for lists."""
    return {n: tuple(v) if isinstance(v, (list, tuple)) else v for n, v in settings.items()}
