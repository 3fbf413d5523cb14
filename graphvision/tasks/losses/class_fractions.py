"""What share of an element each class has."""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor


def class_fractions(
    target: Int[Tensor, " n"] | Float[Tensor, "n c"], like: Float[Tensor, "n c"], ignore_index: int
) -> Float[Tensor, "n c"]:
    """Targets as fractions, in float32 or the dtype of ``like``: rows of zeros where ignored."""
    dtype = torch.promote_types(like.dtype, torch.float32)
    if target.is_floating_point():
        return target.to(dtype)
    known = target != ignore_index
    one_hot = F.one_hot(target.where(known, 0), like.shape[1])
    return (one_hot * known[:, None]).to(dtype)
