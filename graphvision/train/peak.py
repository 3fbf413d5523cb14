"""The most memory that this process has held since a moment."""

import contextlib
import ctypes
import gc
import resource
import sys
from pathlib import Path


def reset_peak() -> int:
    """Make the present memory the peak, where Linux lets us.

    What is free but kept for later is given back first: else it would hide as much of what follows.

    Returns:
        Bytes in use now.

    Example:
        >>> reset_peak() > 0
        True
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS") or _largest()


def peak_bytes() -> int:
    """The largest resident memory since :func:`reset_peak`; elsewhere since the start.

    Example:
        >>> peak_bytes() > 0
        True
    """
    return _status("VmHWM") or _largest()


def _largest() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status(key: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(key)), None)
