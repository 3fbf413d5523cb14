"""Exponential and what activations need of it, on ``Vec`` inside Numba kernels.

float32 takes polynomials, fitted by Lawson's weighted minimax; ``test_matches_oracle`` holds the
exponential and tanh to 3 ulp. float64 takes the C library, lane by lane. NaN and infinities keep
their meaning.
"""

from typing import Any

from numba import types
from numba.extending import overload

from graphvision.kernels._jit import jit
from graphvision.kernels._numba_vector import (
    ROUNDING,
    absolute,
    erfc_exact,
    exp_exact,
    fma,
    power_of_two,
    tanh_exact,
    where_positive,
)


def exp(x: Any) -> Any:
    """e^x; in float32 0 below -87.4 and infinity above 88.4."""
    raise NotImplementedError("only within a compiled kernel")


def normal_tail(x: Any, bell: Any) -> Any:
    """The normal distribution's weight beyond ``x`` ≥ 0, with ``bell = exp(-x²/2)``."""
    raise NotImplementedError("only within a compiled kernel")


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    raise NotImplementedError("only within a compiled kernel")


@jit
def _exp32(x: Any) -> Any:
    x = where_positive(-88.0 - x, -88.0, x)
    x = where_positive(x - 89.0, 89.0, x)
    shifted = fma(x, 1.4426950408889634, ROUNDING)
    n = shifted - ROUNDING
    r = fma(n, -0.693145751953125, x)  # ln 2 in two parts, the first short enough to be exact
    r = fma(n, -1.428606765330187e-06, r)
    p = fma(r, 0.001381446490995586, 0.008368780836462975)
    p = fma(p, r, 0.04166839271783829)
    p = fma(p, r, 0.1666651964187622)
    p = fma(p, r, 0.4999999403953552)
    p = fma(p * r, r, r)
    scale = power_of_two(shifted)
    return fma(p, scale, scale)


@jit
def _tail32(x: Any, bell: Any) -> Any:
    t = 1.0 / fma(x, 0.3, 1.0)
    p = fma(t, 0.03837840259075165, -0.16916663944721222)
    p = fma(p, t, 0.22866109013557434)
    p = fma(p, t, -0.0765075534582138)
    p = fma(p, t, 0.1425362080335617)
    p = fma(p, t, 0.09468325972557068)
    p = fma(p, t, 0.1219203993678093)
    p = fma(p, t, 0.11948768049478531)
    p = fma(p, t, 7.169252057792619e-06)
    return p * bell


@jit
def _tanh32(x: Any) -> Any:
    s = x * x
    p = fma(s, -0.005672421772032976, 0.02060314640402794)
    p = fma(p, s, -0.0537252314388752)
    p = fma(p, s, 0.13331185281276703)
    p = fma(p, s, -0.3333326280117035)
    near = fma(p * s, x, x)
    size = absolute(x)
    far = 1.0 - 2.0 / (_exp32(size + size) + 1.0)
    far = where_positive(x, far, 0.0 - far)
    return where_positive(size - 0.625, far, near)


@jit
def _tail64(x: Any, bell: Any) -> Any:
    return 0.5 * erfc_exact(x * 0.7071067811865476)


# Lambdas: Numba compiles them, and wants signatures without annotations.
overload(exp)(
    lambda x: (lambda x: _exp32(x)) if x.scalar == types.float32 else (lambda x: exp_exact(x))
)
overload(tanh)(
    lambda x: (lambda x: _tanh32(x)) if x.scalar == types.float32 else (lambda x: tanh_exact(x))
)
overload(normal_tail)(
    lambda x, bell: (
        (lambda x, bell: _tail32(x, bell))
        if x.scalar == types.float32
        else (lambda x, bell: _tail64(x, bell))
    )
)
