"""What is measured on the test images."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassPrecision,
    MulticlassRecall,
)


def classification_metrics(
    logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]
) -> dict[str, Any]:
    """Accuracy, macro precision, recall and F1, and the confusion matrix.

    Args:
        logits: one row per sample; the largest is the prediction.
        labels: the true classes.

    Returns:
        ``accuracy`` (share of all samples), ``precision``, ``recall``, ``f1`` (means over the
        classes) and ``confusion`` (rows: true class, columns: prediction).

    Example:
        >>> import torch
        >>> scores = classification_metrics(torch.eye(2), torch.tensor([0, 0]))
        >>> scores["accuracy"], scores["confusion"]
        (0.5, [[1, 1], [0, 0]])

    Source:
        ``torchmetrics.classification``; checked against scikit-learn in ``tests/train``.
    """
    count, predicted = logits.shape[1], logits.argmax(1)
    scores = {
        "accuracy": MulticlassAccuracy(count, average="micro"),
        "precision": MulticlassPrecision(count, average="macro"),
        "recall": MulticlassRecall(count, average="macro"),
        "f1": MulticlassF1Score(count, average="macro"),
    }
    found: dict[str, Any] = {
        name: float(score(predicted, labels)) for name, score in scores.items()
    }
    found["confusion"] = MulticlassConfusionMatrix(count)(predicted, labels).tolist()
    return found
