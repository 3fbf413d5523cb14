"""Activations and their slopes, by number, on ``Vec`` inside Numba kernels."""

from typing import Any

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_math import exp, normal_tail, tanh
from graphvision.kernels._numba_vector import absolute, fma, where_positive
from graphvision.kernels.edge_mlp._reference import ACTIVATIONS

RELU, LEAKY, GELU, SILU, TANH = range(5)
NUMBERS = dict(zip(ACTIVATIONS, range(5), strict=True))


@jit
def _normal(z: Any, bell: Any) -> Any:
    """The normal distribution's weight below z."""
    tail = normal_tail(absolute(z), bell)
    return where_positive(z, 1.0 - tail, tail)


@jit
def activation(z: Any, kind: int, slope: float) -> Any:
    """The activation at z; NaN stays NaN."""
    if kind == RELU:
        out = where_positive(0.0 - z, 0.0, z)
    elif kind == LEAKY:
        out = where_positive(z, z, z * slope)
    elif kind == GELU:
        out = z * _normal(z, exp(z * z * -0.5))
    elif kind == SILU:
        out = z / (1.0 + exp(0.0 - z))
    else:
        out = tanh(z)
    return out


@jit
def steepness(z: Any, kind: int, slope: float) -> Any:
    """The activation's derivative at z; at 0 that of the left side, as torch has it."""
    if kind == RELU:
        out = where_positive(z, 1.0, 0.0)
    elif kind == LEAKY:
        out = where_positive(z, 1.0, slope)
    elif kind == GELU:
        bell = exp(z * z * -0.5)
        out = fma(z * bell, 0.3989422804014327, _normal(z, bell))
    elif kind == SILU:
        part = 1.0 / (1.0 + exp(0.0 - z))
        out = part * fma(z, 1.0 - part, 1.0)
    else:
        t = tanh(z)
        out = 1.0 - t * t
    return out
