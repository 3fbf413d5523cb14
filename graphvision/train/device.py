"""Where networks are trained and asked: on the CPU, or on a CUDA device."""

from typing import Literal

import torch

Accelerator = Literal["cpu", "cuda", "auto"]
ACCELERATORS = ("cpu", "cuda", "auto")


def device_of(accelerator: str) -> str:
    """The type of device that is meant on this machine.

    Args:
        accelerator: ``"cpu"``; ``"cuda"``; or ``"auto"``, CUDA where there is a device.

    Returns:
        ``"cpu"`` or ``"cuda"``.

    Raises:
        ValueError: another name, or CUDA where there is no device.

    Example:
        >>> device_of("cpu")
        'cpu'
    """
    if accelerator not in ACCELERATORS:
        raise ValueError(f"`accelerator` must be one of {list(ACCELERATORS)}, got {accelerator!r}")
    there = torch.cuda.is_available()
    if accelerator == "cuda" and not there:
        wanted = "'cpu' or 'auto' where torch finds no CUDA device"
        raise ValueError(f"`accelerator` must be {wanted}, got 'cuda'")
    return "cuda" if there and accelerator != "cpu" else "cpu"
