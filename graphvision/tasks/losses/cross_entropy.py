"""Cross-entropy of classes: labels or fractions, smoothed, weighted, some ignored."""

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.losses.class_fractions import class_fractions
from graphvision.tasks.losses.weighted_mean import element_weight, weighted_mean


def cross_entropy(
    logits: Float[Tensor, "n c"],
    target: Int[Tensor, " n"] | Float[Tensor, "n c"],
    *,
    weight: Float[Tensor, " n"] | None = None,
    class_weight: Float[Tensor, " c"] | None = None,
    smoothing: float = 0.0,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over elements of ``−Σ_c α_c t_c log softmax(x)_c``.

    ``Σ_i w_i Σ_c α_c t'_ic (−log p_ic) / Σ_i w_i Σ_c α_c t_ic``, where t' is t smoothed. With
    areas as weights a node counts as much as its pixels.

    Args:
        logits: one row per element (image, node, edge).
        target: the class of each element, or the fractions t of its classes: from 0, with sum 1,
            or less where a part of the element isn't known.
        weight: w, from 0, for example the area.
        class_weight: α, from 0.
        smoothing: share of the target that is spread over all classes, 0…1.
        ignore_index: label of elements that don't count; of fractions, rows of zeros don't count.

    Returns:
        A scalar; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.
        RuntimeError: a label is neither a class nor ``ignore_index``.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[0.0, 0.0], [9.0, 0.0]])
        >>> round(float(cross_entropy(logits, torch.tensor([1, -1]))), 4)
        0.6931

    Source:
        Agrees with ``torch.nn.functional.cross_entropy`` on labels (``test_matches_oracle``);
        smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016, section 7.
    """
    fractions = class_fractions(target, logits, ignore_index)
    known = fractions.sum(1, keepdim=True)
    smoothed = fractions.lerp(known.expand_as(fractions) / logits.shape[1], smoothing)
    scale = None if class_weight is None else class_weight.to(fractions.dtype)
    logits = logits.to(fractions.dtype)
    values = F.cross_entropy(logits, smoothed, weight=scale, reduction="none")
    mass = fractions if scale is None else fractions * scale
    weights = element_weight(known[:, 0] > 0, weight, logits)
    return weighted_mean(values, weights, mass=mass.sum(1))
