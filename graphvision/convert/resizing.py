"""``F.interpolate`` and ``F.pad``, whose meaning depends on the input's number of axes."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from graphvision.convert.functional import OfLayer
from graphvision.convert.painting import Painting
from graphvision.convert.rules import Options
from graphvision.graphs import ImageGraph
from graphvision.nn import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    Upsample,
)

_NAMES = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
_PADS: dict[str, tuple[type[Any], ...]] = {
    "constant": (ConstantPad1d, ConstantPad2d, ConstantPad3d),
    "reflect": (ReflectionPad1d, ReflectionPad2d, ReflectionPad3d),
    "replicate": (ReplicationPad1d, ReplicationPad2d, ReplicationPad3d),
    "circular": (CircularPad1d, CircularPad2d, CircularPad3d),
}


class Resize(OfLayer):
    """``F.interpolate`` by :class:`graphvision.nn.Upsample`."""

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        super().__init__(function, Upsample, _NAMES, options=options)


class Pad:
    """``F.pad``: of the raster by a padding layer, of other axes on painted images."""

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        self.function, self._options = function, options
        self._made: dict[Any, Any] = {}

    def __call__(self, input: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
        """Pad."""
        plain = isinstance(input, Tensor) and self._options == Options()
        axes = _axes(input)
        sides = tuple(int(n) for n in pad)
        if plain or not 1 <= axes <= 3 or any(sides[2 * axes :]):
            return Painting(self.function)(input, pad, mode, value)
        sides = (sides + (0,) * (2 * axes))[: 2 * axes]
        if not any(sides):
            return input
        key = (axes, sides, mode, value)
        if key not in self._made:
            settings = (sides, 0.0 if value is None else value) if mode == "constant" else (sides,)
            self._made[key] = _PADS[mode][axes - 1](*settings, **self._options.keywords)
        return self._made[key](input)


def _axes(input: Any) -> int:
    if isinstance(input, ImageGraph):
        return int(input.image_size.shape[1])
    return int(input.ndim) - 2
