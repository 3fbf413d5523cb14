"""What ops with a gradient of their own have in common."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

# The arguments of an op that reads `Csr.both_ways`.
BOTH_WAYS = "Tensor rowptr, Tensor col, Tensor back_rowptr, Tensor back_col, Tensor order"


def wants_gradients(*tensors: Tensor | None) -> bool:
    """Whether a backward pass may follow, for which the edges have to be reversed."""
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


def empty_like(x: Tensor, like: Tensor | None, wanted: bool = True) -> Tensor:
    """A contiguous result of the kind of x, shaped like another; without numbers where unwanted."""
    return x.new_empty(like.shape if like is not None and wanted else (0,))


def needed(found: Iterable[Tensor], needs: Sequence[bool]) -> list[Tensor | None]:
    """The gradients that autograd asked for, None for the others."""
    return [grad if need else None for grad, need in zip(found, needs, strict=False)]
