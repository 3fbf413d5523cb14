"""Starts ``tests/triton`` in a process of its own, which Triton's interpreter needs."""

import os
import subprocess
import sys

import numpy
import pytest

triton = pytest.importorskip("triton", reason="Triton can't be imported")


def version(package):
    return tuple(int(part) for part in package.__version__.split(".")[:2])


@pytest.mark.skipif(
    version(triton) < (3, 9) and version(numpy) >= (2, 4),
    reason="older interpreters take scalars from arrays as NumPy 2.4 no longer allows",
)
def test_kernels_in_the_interpreter():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/triton"]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.splitlines()[-1]
