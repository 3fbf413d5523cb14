"""Activations and their slopes inside Triton kernels, by their place in ``ACTIVATIONS``."""

from typing import Any

import triton
import triton.language as tl


@triton.jit
def _normal(z: tl.tensor) -> Any:
    """The normal distribution's weight below z."""
    return 0.5 + 0.5 * tl.erf(z * 0.7071067811865476)


@triton.jit
def _tanh(z: tl.tensor) -> Any:
    """From the exponential of -2|z|, which does not overflow."""
    shrink = tl.exp(-2.0 * tl.abs(z))
    t = (1.0 - shrink) / (1.0 + shrink)
    return tl.where(z < 0.0, -t, t)


@triton.jit
def activation(z: tl.tensor, slope: tl.tensor, KIND: tl.constexpr) -> Any:
    """The activation at z; NaN stays NaN."""
    if KIND == 0:  # relu
        out = tl.where(z <= 0.0, 0.0, z)
    elif KIND == 1:  # leaky_relu
        out = tl.where(z > 0.0, z, z * slope)
    elif KIND == 2:  # gelu
        out = z * _normal(z)
    elif KIND == 3:  # silu
        out = z / (1.0 + tl.exp(-z))
    else:
        out = _tanh(z)
    return out


@triton.jit
def steepness(z: tl.tensor, slope: tl.tensor, KIND: tl.constexpr) -> Any:
    """The activation's derivative at z; at 0 that of the left side, as torch has it."""
    if KIND == 0:
        out = tl.where(z > 0.0, 1.0, 0.0)
    elif KIND == 1:
        out = tl.where(z > 0.0, 1.0, slope)
    elif KIND == 2:
        out = _normal(z) + z * (0.3989422804014327 * tl.exp(-0.5 * z * z))
    elif KIND == 3:
        part = 1.0 / (1.0 + tl.exp(-z))
        out = part * (1.0 + z * (1.0 - part))
    else:
        t = _tanh(z)
        out = 1.0 - t * t
    return out
