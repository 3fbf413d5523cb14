"""What functions and tensor methods become that treat every pixel alike, or leave the raster."""

import builtins
import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.convert.channels import Channels, Reduction, index
from graphvision.convert.painting import Painting
from graphvision.convert.rules import Options, register_rule
from graphvision.convert.shape import shape_of
from graphvision.nn.nodewise import Nodewise

UNARY = (
    "abs", "absolute", "acos", "asin", "atan", "ceil", "clamp", "clamp_max", "clamp_min", "clip",
    "clone", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expm1", "floor", "frac", "log", "log10",
    "log1p", "log2", "neg", "negative", "nan_to_num", "positive", "reciprocal", "relu", "round",
    "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
    "isnan", "isfinite", "isinf", "logical_not", "zeros_like", "ones_like",
)  # fmt: skip
BINARY = (
    "add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide",
    "pow", "maximum", "minimum", "fmax", "fmin", "where", "lerp", "addcmul", "addcdiv", "atan2",
    "hypot", "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "masked_fill",
)  # fmt: skip
METHODS_ONLY = (
    "contiguous", "detach", "float", "double", "half", "bfloat16", "to", "type", "type_as", "cuda",
    "cpu", "requires_grad_", "bool", "int", "long",
)  # fmt: skip
OPERATORS = (
    "add", "sub", "mul", "truediv", "floordiv", "pow", "neg", "pos", "abs", "iadd", "isub", "imul",
    "itruediv", "ipow", "eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "invert",
)  # fmt: skip
ACTIVATIONS = (
    "celu", "celu_", "elu", "elu_", "gelu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "hardtanh_", "leaky_relu", "leaky_relu_", "logsigmoid", "mish", "prelu", "relu", "relu_",
    "relu6", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "silu", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold", "threshold_", "dropout", "alpha_dropout",
)  # fmt: skip
LEAVING = (
    "bmm", "einsum", "flatten", "matmul", "moveaxis", "movedim", "permute", "ravel", "reshape",
    "squeeze", "stack", "swapaxes", "swapdims", "tile", "transpose", "unflatten", "unsqueeze",
)  # fmt: skip
METHODS_LEAVING = ("view", "view_as", "reshape_as", "expand", "expand_as", "repeat", "t", "item")
OF_CHANNELS = ("chunk", "split", "tensor_split", "unbind", "narrow", "softmax", "log_softmax")
REDUCTIONS = ("mean", "sum", "amax", "amin", "max", "min", "var", "std", "prod", "norm", "argmax")


def _forms(names: tuple[str, ...]) -> list[Any]:
    """Torch's function of a name, its in-place twin, and the tensor methods of both names."""
    found: list[Any] = []
    for name in names:
        found += [getattr(torch, n) for n in (name, f"{name}_") if hasattr(torch, n)]
        found += [n for n in (name, f"{name}_") if hasattr(torch.Tensor, n)]
    return found


@register_rule(*_forms(UNARY + BINARY), *METHODS_ONLY, *(getattr(operator, n) for n in OPERATORS))
def _nodewise(original: Callable[..., Any], options: Options) -> Nodewise:
    return Nodewise(original)


@register_rule(
    *(getattr(F, name) for name in ACTIVATIONS), torch.prelu, torch.dropout, torch.alpha_dropout
)
def _activation(original: Callable[..., Any], options: Options) -> Nodewise:
    return Nodewise(original, broadcast=False)


@register_rule(*_forms(LEAVING), *METHODS_LEAVING, F.linear, operator.matmul, leaves_raster=True)
def _leaving(original: Callable[..., Any], options: Options) -> Painting:
    return Painting(original)


@register_rule(
    *_forms((*OF_CHANNELS, "cat", "concat", "concatenate")),
    *(F.softmax, F.log_softmax, F.softmin, F.normalize),
)
def _of_channels(original: Callable[..., Any], options: Options) -> Channels:
    return Channels(original)


@register_rule(*_forms(REDUCTIONS), leaves_raster=True)
def _reduction(original: Callable[..., Any], options: Options) -> Reduction:
    return Reduction(original)


@register_rule(operator.getitem)
def _index(original: Callable[..., Any], options: Options) -> Callable[..., Any]:
    return index


@register_rule(
    builtins.getattr, builtins.len, "size", "dim", "ndimension", "numel", leaves_raster=True
)
def _shape(original: Callable[..., Any], options: Options) -> Callable[..., Any]:
    return shape_of(original)


@register_rule(torch._assert, leaves_raster=True)
def _assertion(original: Callable[..., Any], options: Options) -> Callable[..., Any]:
    return original
