"""Names of backends to run a test with; a package that is missing skips its own."""

import pytest
import torch

from graphvision.kernels import BackendUnavailable
from graphvision.kernels._dispatch import chosen


def _lacks():
    try:
        chosen("gather_reduce", "torch_scatter", torch.ones(1))
    except BackendUnavailable as error:
        return str(error)
    return ""


needs_torch_scatter = pytest.mark.skipif(bool(_lacks()), reason=_lacks())
TORCH_SCATTER = pytest.param("torch_scatter", marks=needs_torch_scatter)
BACKENDS = ("reference", "numba", TORCH_SCATTER)
FAST = ("numba", TORCH_SCATTER)
