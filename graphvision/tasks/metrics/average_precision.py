"""Average precision: of edges, of labels, of anything that is ranked."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from graphvision.tasks.metrics.score import AbstractScore, ratio


def average_precision(
    scores: Float[Tensor, " n"],
    target: Shaped[Tensor, " n"],
    *,
    weight: Float[Tensor, " n"] | None = None,
) -> float:
    """Return ``Σ_k (R_k − R_{k-1}) P_k`` over the distinct scores, from the largest down.

    P_k and R_k are precision and recall of "positive where the score is at least the k-th".

    Args:
        scores: the surer of a positive, the larger; logits or probabilities.
        target: 1 or 0; elements with a target of -1 don't count.
        weight: of every element, from 0.

    Returns:
        0…1; 0 where there is no positive.

    Example:
        >>> average_precision(torch.tensor([0.9, 0.8, 0.1]), torch.tensor([1, 0, 1]))
        0.8333333333333333

    Source:
        ``sklearn.metrics.average_precision_score``, which is the oracle (``test_matches_oracle``).
    """
    known = target != -1
    scores, order = scores[known].sort(descending=True)
    positive = (target[known][order] > 0.5).double()
    weights = torch.ones_like(positive) if weight is None else weight[known][order].double()
    last = torch.ones_like(scores, dtype=torch.bool)
    last[:-1] = scores[1:] != scores[:-1]
    found = (weights * positive).cumsum(0)[last]
    taken = weights.cumsum(0)[last]
    gained = found.diff(prepend=found.new_zeros(1))
    return float(ratio((gained * ratio(found, taken)).sum(), gained.sum()))


class AveragePrecision(AbstractScore):
    """The :func:`average_precision` of all elements of the data set, ranked together.

    Exact: it keeps the score, target and weight of every element.

    Args:
        name: of the score.

    Example:
        >>> score = AveragePrecision("edge_ap")
        >>> score.update(torch.tensor([0.9, 0.8]), torch.tensor([1, 0]))
        >>> score.update(torch.tensor([0.1]), torch.tensor([1]))
        >>> score.compute()
        {'edge_ap': 0.8333333333333333}
    """

    def __init__(self, name: str = "average_precision") -> None:
        super().__init__()
        self.name = name

    def update(
        self,
        scores: Float[Tensor, "*shape"],
        target: Shaped[Tensor, "*shape"],
        *,
        weight: Float[Tensor, "*shape"] | None = None,
    ) -> None:
        """Take in elements.

        Args:
            scores: the surer of a positive, the larger.
            target: 1, 0, or -1 of elements that don't count.
            weight: from 0; 1 by default.
        """
        known = target != -1
        self.keep(scores=scores[known], positive=target[known] > 0.5)
        self.keep(weight=torch.ones_like(scores)[known] if weight is None else weight[known])

    def compute(self) -> dict[str, float]:
        """The average precision under its name; 0 where no positive was counted."""
        parts = (self.kept(name) for name in ("scores", "positive", "weight"))
        scores, positive, weight = parts
        return {self.name: average_precision(scores, positive.long(), weight=weight)}
