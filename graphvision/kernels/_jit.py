"""How kernels are compiled, and when a compiled kernel on disk is too old.

Numba keeps compiled code next to the source and takes it again while that one file is unchanged.
A kernel that calls into another file would go on with the other's old code after an upgrade, so
here the stamp is that of all kernel sources together.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "boundscheck": False,
    "fastmath": {"contract", "reassoc", "nsz"},
    "error_model": "numpy",
}


@cache
def _fingerprint() -> bytes:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.digest()


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` on its first call, without the GIL, and keep the code on disk.

    Division by zero gives infinities as in NumPy, floating-point sums may be reordered (the same
    way on every call), NaN and infinities keep their meaning.

    Example:
        >>> @jit
        ... def double(x):
        ...     return x + x
        >>> double(3)
        6
    """
    return _compile(function, OPTIONS)


def exact_jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`jit`, but sums keep their order and nothing is contracted.

    For results that have the bits of the reference, so that ties fall the same way.
    """
    return _compile(function, {k: v for k, v in OPTIONS.items() if k != "fastmath"})


def _compile(function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    on_disk = Path(function.__code__.co_filename).exists()
    compiled: Callable[..., Any] = njit(**options | {"cache": on_disk})(function)
    stored: Any = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if hasattr(stored, "_source_stamp"):
        stored._source_stamp = _fingerprint()
    return compiled
