"""Starts ``tests/triton`` in a process of its own, which Triton's interpreter needs."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton", reason="Triton can't be imported")


def test_kernels_in_the_interpreter():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/triton"]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.splitlines()[-1]
