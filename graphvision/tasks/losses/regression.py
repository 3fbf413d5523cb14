"""Losses of numbers: absolute differences, and smooth ones."""

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor

from graphvision.tasks.losses.weighted_mean import element_weight, weighted_mean


def _mean_difference(
    prediction: Tensor, target: Tensor, weight: Tensor | None, beta: float
) -> Tensor:
    known = ~target.isnan()
    picked = target.to(prediction.dtype).where(known, 0)
    values = F.smooth_l1_loss(prediction, picked, reduction="none", beta=beta)
    if weight is not None and weight.ndim < values.ndim:
        weight = weight.view(-1, *(1,) * (values.ndim - 1)).expand_as(values)
    return weighted_mean(values, element_weight(known, weight, prediction))


def l1(
    prediction: Float[Tensor, "n *d"],
    target: Float[Tensor, "n *d"],
    *,
    weight: Float[Tensor, " n"] | Float[Tensor, "n *d"] | None = None,
) -> Float[Tensor, ""]:
    """Return the mean of ``|x − t|``.

    Args:
        prediction: x, one row per element.
        target: t; NaN where it isn't known, which doesn't count.
        weight: of every row or number, from 0.

    Returns:
        A scalar; 0 with gradient 0 where nothing counts.

    Raises:
        ValueError: ``weight`` has neither one number per row nor one per number.

    Example:
        >>> import torch
        >>> float(l1(torch.tensor([1.0, 5.0]), torch.tensor([3.0, float("nan")])))
        2.0

    Source:
        Agrees with ``torch.nn.functional.l1_loss``.
    """
    return _mean_difference(prediction, target, weight, 0.0)


def smooth_l1(
    prediction: Float[Tensor, "n *d"],
    target: Float[Tensor, "n *d"],
    *,
    weight: Float[Tensor, " n"] | Float[Tensor, "n *d"] | None = None,
    beta: float = 1.0,
) -> Float[Tensor, ""]:
    """Return the mean of ``(x − t)² / 2β`` where ``|x − t| < β``, else of ``|x − t| − β/2``.

    Args:
        prediction: x, one row per element.
        target: t; NaN where it isn't known, which doesn't count.
        weight: of every row or number, from 0.
        beta: β, above 0, in units of the target.

    Returns:
        A scalar; 0 with gradient 0 where nothing counts.

    Raises:
        ValueError: ``weight`` has neither one number per row nor one per number.

    Example:
        >>> import torch
        >>> float(smooth_l1(torch.tensor([[1.0, 5.0]]), torch.tensor([[1.5, 3.0]])))
        0.8125

    Source:
        Girshick, "Fast R-CNN", ICCV 2015, equation 3; ``torch.nn.functional.smooth_l1_loss``.
    """
    return _mean_difference(prediction, target, weight, beta)
