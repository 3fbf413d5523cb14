"""Where each of several stretches begins that lie behind one another."""

import torch
from jaxtyping import Int
from torch import Tensor


def starts(counts: Int[Tensor, "n *rest"]) -> Int[Tensor, "n_plus_1 *rest"]:
    """The sum of all counts before each and, last, of all: PyG's ``ptr``."""
    return torch.cat([counts.new_zeros(1, *counts.shape[1:]), counts.cumsum(0)])
