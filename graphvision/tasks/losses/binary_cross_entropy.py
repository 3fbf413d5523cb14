"""Binary cross-entropy, and weights that give both classes a say."""

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Shaped
from torch import Tensor

from graphvision.tasks.losses.weighted_mean import element_weight, total, weighted_mean


def binary_cross_entropy(
    logits: Float[Tensor, "*shape"],
    target: Shaped[Tensor, "*shape"],
    *,
    weight: Float[Tensor, "*shape"] | None = None,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over elements of ``−t log σ(x) − (1 − t) log(1 − σ(x))``.

    Args:
        logits: of any shape: edges, or elements × labels.
        target: t, 0…1, integers or fractions.
        weight: of every element, from 0; see :func:`class_balance`.
        ignore_index: target of elements that don't count.

    Returns:
        A scalar; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.

    Example:
        >>> import torch
        >>> logits, target = torch.zeros(3), torch.tensor([1, 0, -1])
        >>> round(float(binary_cross_entropy(logits, target)), 4)
        0.6931

    Source:
        Agrees with ``torch.nn.functional.binary_cross_entropy_with_logits``.
    """
    known = target != ignore_index
    picked = target.where(known, 0).to(logits.dtype)
    values = F.binary_cross_entropy_with_logits(logits, picked, reduction="none")
    return weighted_mean(values, element_weight(known, weight, logits))


def class_balance(
    target: Shaped[Tensor, "*shape"],
    *,
    weight: Float[Tensor, "*shape"] | None = None,
    share: float = 0.5,
    ignore_index: int = -1,
) -> Float[Tensor, "*shape"]:
    """Return weights under which the positive elements have a given share of the whole.

    ``w_i · share · W / W₊`` for positives, ``w_i · (1 − share) · W / W₋`` for the others, with W,
    W₊ and W₋ the sums of w over all, positive and other elements; w itself where one of the two
    classes doesn't occur. For the weight of any loss on two classes.

    Args:
        target: 0 or 1, integers or reals.
        weight: w, from 0; 1 by default.
        share: of the positives, 0…1.
        ignore_index: target of elements that get weight 0.

    Returns:
        One weight per element, float32 or in the dtype of ``weight``.

    Example:
        >>> import torch
        >>> class_balance(torch.tensor([1, 0, 0, 0, -1])).tolist()
        [2.0, 0.6666666865348816, 0.6666666865348816, 0.6666666865348816, 0.0]

    Source:
        Xie and Tu, "Holistically-nested edge detection", ICCV 2015, equation 2, with the mean
        weight kept at 1.
    """
    like = target.new_zeros((), dtype=None if weight is None else weight.dtype)
    known = target != ignore_index
    own = element_weight(known, weight, like if like.is_floating_point() else like.float())
    positive = target > 0.5
    ones = total(own.where(positive, 0).sum())
    others = total(own.where(~positive, 0).sum())
    both = (ones > 0) & (others > 0)
    scale = (share / ones).where(positive, (1 - share) / others) * (ones + others)
    return own * scale.where(both, 1)
