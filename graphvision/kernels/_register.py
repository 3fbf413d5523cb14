"""Makes a compiled function known to torch: to its dispatcher, its compiler and fake tensors.

An op is defined once, with the shapes of its result; each device's implementation is imported when
it is first called. Gradients stay outside, in an ``autograd.Function`` whose forward and backward
call registered ops.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch

_LIBRARY = torch.library.Library("graphvision", "FRAGMENT")


def register(schema: str, fake: Callable[..., Any], **devices: str) -> Any:
    """Define ``graphvision::name`` and return the op to call.

    Args:
        schema: as torch writes it, ``"name(Tensor x, int k) -> Tensor"``. Results never alias
            arguments.
        fake: gives results of the right shape, dtype and strides without computing them.
        **devices: dispatch key (``CPU``, ``CUDA``) to ``"module:function"``.
    """
    name = schema.partition("(")[0]
    _LIBRARY.define(schema)
    for key, target in devices.items():
        _LIBRARY.impl(name, _lazy(target), key)
    torch.library.register_fake(f"graphvision::{name}", fake, lib=_LIBRARY)
    return getattr(torch.ops.graphvision, name).default


def _lazy(target: str) -> Callable[..., Any]:
    module, name = target.split(":")
    loaded: list[Callable[..., Any]] = []

    def call(*args: Any) -> Any:
        if not loaded:
            loaded.append(getattr(import_module(module), name))
        return loaded[0](*args)

    return call
