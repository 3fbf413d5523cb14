"""What a result depends on besides its settings."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = (
    "graphvision-pyg",
    "torch",
    "torch-geometric",
    "pytorch-lightning",
    "faster-coco-eval",
    "bioimage-cpp",
    "numpy",
    "numba",
    "scikit-image",
)


def describe_machine() -> dict[str, Any]:
    """The machine as a reader of results needs it.

    Returns:
        Operating system, processor, number of cores, memory in bytes, torch threads.

    Example:
        >>> describe_machine()["cores"] >= 1
        True
    """
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": _memory_bytes(),
        "threads": torch.get_num_threads(),
    }


def describe_device(device: str) -> str:
    """What networks run on.

    Args:
        device: ``"cpu"`` or ``"cuda"``.

    Example:
        >>> describe_device("cpu")
        'cpu'
    """
    return torch.cuda.get_device_name() if device == "cuda" else device


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that take part in the numbers.

    Returns:
        Package to version; packages without metadata are marked as such.

    Example:
        >>> sorted(package_versions())[:2]
        ['bioimage-cpp', 'faster-coco-eval']
    """
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
