"""Remembers what was derived from a tensor for as long as the tensor lives and is not changed."""

import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class TensorCache:
    """Values keyed by a tensor's identity and version and by a hashable key.

    Example:
        >>> import torch
        >>> cache, labels = TensorCache(), torch.arange(3)
        >>> cache.get(labels, "size", lambda: len(labels)), cache.get(labels, "size", lambda: -1)
        (3, 3)
    """

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Tensor], int, dict[Hashable, Any]]] = {}

    def get(self, tensor: Tensor, key: Hashable, make: Callable[[], T]) -> T:
        """The value for ``(tensor, key)``, made on first use or after the tensor changed.

        Tensors made in inference mode don't count their changes, so nothing is kept for them.
        """
        if tensor.is_inference():
            return make()
        ident = id(tensor)
        entry = self._entries.get(ident)
        if entry is None or entry[0]() is not tensor or entry[1] != tensor._version:
            entry = (weakref.ref(tensor, self._forget(ident)), tensor._version, {})
            self._entries[ident] = entry
        values = entry[2]
        if key not in values:
            with torch.inference_mode(False):  # what is kept may be needed in training later
                values[key] = make()
        found: T = values[key]
        return found

    def _forget(self, ident: int) -> Callable[[object], None]:
        entries = self._entries

        def drop(_: object) -> None:
            entries.pop(ident, None)

        return drop
