"""What each layer and function of torch reads: the input positions of every output position."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from graphvision.models.receptive_field import Reads

Size = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """One call of a layer or function.

    Attributes:
        target: the layer, the function, or the name of the tensor method.
        settings: arguments by name: those of the call, for a layer its attributes.
        before: height and width, or whatever axes there are, of what comes in.
        after: the same of what comes out.
    """

    target: Any
    settings: Callable[[str, Any], Any]
    before: Size
    after: Size

    def per_axis(self, name: str, default: Any = None) -> Size:
        """A setting that may be one number for all axes."""
        value = self.settings(name, default)
        return tuple(value) if isinstance(value, Sequence) else (value,) * len(self.before)


Rule = Callable[[Call], list[Reads] | None]  # None: reads everything


@dataclass(frozen=True)
class Window:
    """Kernel extent, stride, padding and dilation along one axis."""

    taps: int
    stride: int
    padding: int
    dilation: int

    @property
    def extent(self) -> int:
        """Positions from the first tap to the last."""
        return self.dilation * (self.taps - 1) + 1

    def reads(self) -> Reads:
        """Of a convolution or pooling: ``S·o − P + D·k`` for each tap k."""
        return Reads(self._taps, 1, self.stride)

    def _taps(self, position: int) -> range:
        start = self.stride * position - self.padding
        return range(start, start + self.extent, self.dilation)

    def transposed(self) -> Reads:
        """Of a transposed convolution: all that would have read this position."""
        return Reads(self._readers, self.stride, 1)

    def _readers(self, position: int) -> list[int]:
        starts = (position + self.padding - self.dilation * k for k in range(self.taps))
        return [start // self.stride for start in starts if start % self.stride == 0]


def windows(call: Call) -> list[Window]:
    """The window of a convolution or pooling, axis by axis."""
    weight = call.settings("weight", None)
    kernel = call.per_axis("kernel_size") if weight is None else tuple(weight.shape[2:])
    if call.settings("stride", None) is None:  # a pooling's windows lie side by side
        steps = kernel if weight is None else (1,) * len(kernel)
    else:
        steps = call.per_axis("stride")
    spread = call.per_axis("dilation", 1)
    padding = call.settings("padding", 0)
    if isinstance(padding, str):
        same = padding == "same"
        pads = tuple(d * (k - 1) // 2 * same for d, k in zip(spread, kernel, strict=True))
    else:
        pads = call.per_axis("padding", 0)
    return [Window(*window) for window in zip(kernel, steps, pads, spread, strict=True)]


def _window(call: Call) -> list[Reads]:
    return [window.reads() for window in windows(call)]


def _transposed(call: Call) -> list[Reads]:
    return [window.transposed() for window in windows(call)]


def _adaptive(call: Call) -> list[Reads]:
    """Window o is ``⌊o·in/out⌋`` to ``⌈(o+1)·in/out⌉``."""

    def reads(before: int, after: int) -> Reads:
        def at(position: int) -> range:
            return range(position * before // after, -(-(position + 1) * before // after))

        return Reads(at, after // gcd(before, after), before // gcd(before, after))

    return [reads(*sizes) for sizes in zip(call.before, call.after, strict=True)]


def _resized(call: Call) -> list[Reads]:
    """The pixel, or pixels, that an interpolated position lies between."""
    mode, corners = call.settings("mode", "nearest"), call.settings("align_corners", None)
    spread = {"nearest": 0, "nearest-exact": 0, "bicubic": 2}.get(mode, 1)

    def reads(before: int, after: int) -> Reads:
        aligned = corners and after > 1
        num, den = (before - 1, after - 1) if aligned else (before, after)
        num, den = num // gcd(num, den), den // gcd(num, den)

        def at(position: int) -> list[int]:
            twice = 2 * position * num + (0 if aligned or mode == "nearest" else num - den)
            if mode == "nearest-exact":
                twice += den
            low, high = twice // (2 * den), -(-twice // (2 * den))
            if spread == 0 or low == high:
                return [low]
            return list(range(high - spread, low + spread + 1))

        return Reads(at, den, num)

    return [reads(*sizes) for sizes in zip(call.before, call.after, strict=True)]


def _shifted(starts: Sequence[int], steps: Sequence[int]) -> list[Reads]:
    def reads(start: int, step: int) -> Reads:
        return Reads(lambda position: (start + step * position,), 1, step)

    return [reads(*move) for move in zip(starts, steps, strict=True)]


def _padded(call: Call) -> list[Reads]:
    pads = call.settings("padding", None) or call.settings("pad", None)
    pads = tuple(pads) if isinstance(pads, Sequence) else (pads,) * 2 * len(call.before)
    left = [pads[2 * i] if 2 * i < len(pads) else 0 for i in range(len(call.before))]
    return _shifted([-start for start in reversed(left)], [1] * len(left))


def _cut(call: Call) -> list[Reads]:
    index = call.settings("index", ())
    index = index if isinstance(index, tuple) else (index,)
    if not all(isinstance(part, slice) for part in index):
        return _shifted([0] * len(call.before), [1] * len(call.before))
    cuts = [*index[2:], *(slice(None),) * len(call.before)][: len(call.before)]
    ranges = [cut.indices(n) for cut, n in zip(cuts, call.before, strict=True)]
    return _shifted([start for start, _, _ in ranges], [step for _, _, step in ranges])


def _shuffled(call: Call) -> list[Reads]:
    factor = call.settings("upscale_factor", None)
    return [Reads(lambda o: (o // factor,), factor, 1) for _ in call.before]


def _unshuffled(call: Call) -> list[Reads]:
    factor = call.settings("downscale_factor", None)
    return [Reads(lambda o: range(factor * o, factor * (o + 1)), 1, factor) for _ in call.before]


def _everything(_call: Call) -> None:
    return None


def _named(*names: str) -> list[Any]:
    """Layers of torch.nn for 1, 2 and 3 axes."""
    return [getattr(nn, f"{name}{dims}d") for name in names for dims in (1, 2, 3)]


POOL = ("input", "kernel_size", "stride", "padding", "dilation")
CONV = ("input", "weight", "bias", "stride", "padding", "dilation")
TRANSPOSED = (
    "input",
    "weight",
    "bias",
    "stride",
    "padding",
    "output_padding",
    "groups",
    "dilation",
)
RULES: dict[Any, Rule] = {
    **dict.fromkeys(_named("Conv", "MaxPool", "AvgPool", "LPPool"), _window),
    **dict.fromkeys(_named("ConvTranspose", "MaxUnpool"), _transposed),
    **dict.fromkeys(_named("AdaptiveAvgPool", "AdaptiveMaxPool"), _adaptive),
    **dict.fromkeys((nn.Upsample, nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d), _resized),
    **dict.fromkeys(
        _named("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"), _padded
    ),
    nn.PixelShuffle: _shuffled,
    nn.PixelUnshuffle: _unshuffled,
    **dict.fromkeys(
        (
            nn.MultiheadAttention,
            nn.TransformerEncoderLayer,
            nn.TransformerEncoder,
            nn.RNN,
            nn.LSTM,
            nn.GRU,
            F.scaled_dot_product_attention,
            torch.matmul,
            torch.bmm,
            torch.einsum,
            operator.matmul,
            torch.mean,
            torch.sum,
            torch.amax,
            "matmul",
            "bmm",
            "mean",
            "sum",
            "amax",
        ),
        _everything,
    ),
    operator.getitem: _cut,
}
# Functions with the names of their arguments, in order.
ARGUMENTS: dict[Any, tuple[str, ...]] = {operator.getitem: ("input", "index")}


def _function(function: Any, rule: Rule, arguments: tuple[str, ...]) -> None:
    RULES[function], ARGUMENTS[function] = rule, arguments


for _dims in (1, 2, 3):
    _function(getattr(F, f"conv{_dims}d"), _window, CONV)
    _function(getattr(F, f"conv_transpose{_dims}d"), _transposed, TRANSPOSED)
    _function(getattr(F, f"max_pool{_dims}d"), _window, POOL)
    _function(getattr(torch, f"max_pool{_dims}d"), _window, POOL)
    _function(getattr(F, f"avg_pool{_dims}d"), _window, POOL[:4])
    _function(getattr(F, f"adaptive_avg_pool{_dims}d"), _adaptive, ("input", "output_size"))
    _function(getattr(F, f"adaptive_max_pool{_dims}d"), _adaptive, ("input", "output_size"))
_function(F.interpolate, _resized, ("input", "size", "scale_factor", "mode", "align_corners"))
_function(F.pad, _padded, ("input", "pad"))
_function(F.pixel_shuffle, _shuffled, ("input", "upscale_factor"))
_function(F.pixel_unshuffle, _unshuffled, ("input", "downscale_factor"))


def settings_of(
    target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[[str, Any], Any]:
    """Looks up a setting by name: a layer's attribute, or a function's argument."""
    if isinstance(target, nn.Module):
        names = {"weight": "_no_such_setting"}  # a layer states its kernel size
        return lambda name, default: getattr(target, names.get(name, name), default)
    given = dict(zip(ARGUMENTS.get(target, ()), args, strict=False)) | kwargs
    return lambda name, default: given.get(name, default)


def rule_of(target: Any) -> Rule | None:
    """The rule of a layer, function or method; None for what works position by position."""
    if isinstance(target, nn.Module):
        return next((RULES[kind] for kind in type(target).__mro__ if kind in RULES), None)
    try:
        return RULES.get(target)
    except TypeError:  # a callable object that can't be a key
        return None


def size_formula(call: Call) -> str | None:
    """The course's formula for the first axis, with its numbers; None where it isn't that.

    Example:
        >>> conv = nn.Conv2d(1, 6, 5, padding=2)
        >>> size_formula(Call(conv, settings_of(conv, (), {}), (28, 28), (28, 28)))
        '(28 − 5 + 2·2)/1 + 1 = 28'
    """
    rule = rule_of(call.target)
    if rule not in (_window, _transposed) or not call.before:
        return None
    window, before, after = windows(call)[0], call.before[0], call.after[0]
    if rule is _transposed:
        text = f"({before} − 1)·{window.stride} − 2·{window.padding} + {window.extent}"
        plain = (before - 1) * window.stride - 2 * window.padding + window.extent
        return f"{text} = {after}" if after == plain else None
    room = before - window.extent + 2 * window.padding
    up = room % window.stride and call.settings("ceil_mode", False)
    if (-(-room // window.stride) if up else room // window.stride) + 1 != after:
        return None
    fraction = f"({before} − {window.extent} + 2·{window.padding})/{window.stride}"
    left, right = ("⌈", "⌉") if up else ("⌊", "⌋") if room % window.stride else ("", "")
    return f"{left}{fraction}{right} + 1 = {after}"
