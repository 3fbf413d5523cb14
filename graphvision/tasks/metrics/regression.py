"""Scores of numbers."""

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.tasks.metrics.score import AbstractScore


class RegressionScore(AbstractScore):
    """Mean absolute error, root mean square error, and R².

    ``R² = 1 − Σ (x − t)² / Σ (t − mean t)²``, the mean over the columns. It keeps all numbers, in
    float64.

    Args:
        outputs: numbers per element.

    Example:
        >>> score = RegressionScore()
        >>> score.update(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        >>> {name: round(value, 3) for name, value in score.compute().items()}
        {'mae': 1.0, 'rmse': 1.414, 'r2': 0.111}

    Source:
        The oracle is scikit-learn (``test_matches_oracle``), also where all targets are equal: R²
        is then 1 if all is right, else 0.
    """

    def __init__(self, outputs: int = 1) -> None:
        super().__init__()
        self.outputs = outputs
        self.keep(error=torch.zeros(0, outputs).double(), target=torch.zeros(0, outputs).double())

    def update(self, prediction: Float[Tensor, "n *d"], target: Float[Tensor, "n *d"]) -> None:
        """Take in elements.

        Args:
            prediction: one row per element.
            target: of the same shape; rows with NaN aren't known, and don't count.
        """
        true = target.double().reshape(-1, self.outputs)
        error = prediction.double().reshape(-1, self.outputs) - true
        known = ~true.isnan().any(1)
        self.keep(error=error[known], target=true[known])

    def compute(self) -> dict[str, float]:
        """``mae``, ``rmse`` and ``r2``, 0 where no element was counted."""
        error, target = self.kept("error"), self.kept("target")
        if not len(error):
            return {"mae": 0.0, "rmse": 0.0, "r2": 0.0}
        left = error.square().sum(0)
        spread = (target - target.mean(0)).square().sum(0)
        constant = (left == 0).double()
        r2 = torch.where(spread > 0, 1 - left / spread.where(spread > 0, 1), constant)
        return {
            "mae": float(error.abs().mean()),
            "rmse": float(error.square().mean().sqrt()),
            "r2": float(r2.mean()),
        }
