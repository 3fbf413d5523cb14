"""Versions and machine, as far as they change a timing."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

BUSY = 0.3
PACKAGES = (
    "torch", "torch-geometric", "torch-scatter", "numpy", "scipy", "numba", "scikit-image",
    "networkx", "opencv-contrib-python-headless", "bioimage-cpp",
)  # fmt: skip


def environment(device: torch.device) -> dict[str, Any]:
    """What identifies a machine and its libraries; equal for runs that may stand in one table."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
    }


def load() -> float:
    """Processes that ran in the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
