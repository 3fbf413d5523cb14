"""Working memory that a thread keeps between calls, because fresh pages cost more than the work."""

import math
import threading
from typing import Any

import numpy as np

KEEP = 1 << 24  # bytes up to which a buffer is kept


class _Kept(threading.local):
    def __init__(self) -> None:
        self.buffers: dict[str, Any] = {}


_kept = _Kept()


def scratch(name: str, shape: int | tuple[int, ...], dtype: Any) -> Any:
    """An array with any content, good until the same thread asks for ``name`` again.

    Args:
        name: of the buffer; different for arrays that are used at the same time.
        shape: of the array.
        dtype: NumPy's.

    Example:
        >>> first = scratch("example", (2, 3), np.float32)
        >>> first.shape, np.shares_memory(first, scratch("example", 4, np.float32))
        ((2, 3), True)
    """
    kind = np.dtype(dtype)
    size = kind.itemsize * math.prod(shape if isinstance(shape, tuple) else (shape,))
    if size > KEEP:
        return np.empty(shape, kind)
    buffer = _kept.buffers.get(name)
    if buffer is None or len(buffer) < size:
        buffer = _kept.buffers[name] = np.empty(size, np.uint8)
    return buffer[:size].view(kind).reshape(shape)
