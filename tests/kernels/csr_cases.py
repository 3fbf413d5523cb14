"""Random rows of edges, and how two results over them are compared."""

import torch

from graphvision.kernels.gather import Csr


def random_csr(seed, num_targets=17, num_sources=11, edges=60):
    """Two trailing targets have no edge."""
    generator = torch.Generator().manual_seed(seed)
    row = torch.randint(0, max(1, num_targets - 2), (edges,), generator=generator).sort().values
    col = torch.randint(0, num_sources, (edges,), generator=generator)
    return Csr.from_sorted(row, col, num_targets, num_sources)


def relative(got, want):
    """max|got − want| / max|want|, as the design measures equality."""
    if not want.numel():
        return 0.0
    got, want = got.detach(), want.detach()
    return float((got - want).abs().max()) / max(float(want.abs().max()), 1e-30)
