"""Connected pieces on the CPU: runs, union-find and the final numbers, an image per thread."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels._jit import jit
from graphvision.kernels._pool import for_rows
from graphvision.kernels.components._numba_runs import (
    empty_runs,
    find_runs,
    link_strips,
    number_parts,
    paint,
    plan_strips,
)

_GRAIN = 1 << 14  # pixels that are worth a thread


@jit
def _images(lo: int, hi: int, labels: Any, out: Any) -> None:
    height, width = labels.shape[1:]
    runs = empty_runs(height, width)
    size, label = np.empty(height * width, np.int32), np.empty(height * width, np.int64)
    for b in range(lo, hi):
        find_runs(0, height, (width, width, -1), labels[b].ravel(), runs)
        cuts, pairs = plan_strips(1, width, runs)
        link_strips(0, 1, cuts, width, runs, pairs)
        found = number_parts(width, runs, size, label)
        paint(0, height, runs, np.arange(found), out[b])


def components(labels: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.components.connected_components`."""
    out = torch.empty_like(labels, memory_format=torch.contiguous_format)
    if labels.numel():
        grain = max(1, _GRAIN // labels[0].numel())
        for_rows(_images, len(labels), labels.contiguous().numpy(), out.numpy(), grain=grain)
    return out
