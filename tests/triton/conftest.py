"""The GPU's kernels on the CPU, by Triton's interpreter: in a process of its own.

Started by ``tests/kernels/test_triton_interpreter.py``; Triton reads the variable on import. Every
op that has a kernel for the GPU runs that on CPU tensors.
"""

import os
import warnings
from dataclasses import replace

import pytest
import torch

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
collect_ignore_glob = [] if INTERPRETED else ["*"]


def interpret() -> None:
    register = torch.library.Library.impl

    def impl(library, name, function, key="", **options):
        register(library, name, function, key, **options)
        if key == "CUDA" and library.ns == "graphvision":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that the CPU's kernel is replaced
                register(library, name, function, "CPU", **options)

    torch.library.Library.impl = impl
    from graphvision.kernels._dispatch import TABLE

    for rows in TABLE.values():
        if "triton" in rows:
            rows["triton"] = replace(rows["triton"], devices=("cpu",))


if INTERPRETED:
    interpret()


def pytest_configure(config):
    # NumPy, which the interpreter computes with, warns where GPUs give infinity and NaN.
    config.addinivalue_line("filterwarnings", "ignore:.*encountered:RuntimeWarning")


@pytest.fixture(autouse=True)
def _poisoned():
    """Memory that a kernel forgets to write is NaN."""
    torch.use_deterministic_algorithms(True)
    assert torch.utils.deterministic.fill_uninitialized_memory
    yield
    torch.use_deterministic_algorithms(False)
