"""The confusion matrix, and classes that are out of range."""

from jaxtyping import Int
from torch import Tensor


def check_classes(name: str, values: Int[Tensor, "*shape"], classes: int) -> None:
    """Refuse values outside of 0…classes-1, with an error that names them."""
    if values.numel() and (values.min() < 0 or values.max() >= classes):
        raise ValueError(
            f"`{name}` must be in 0…{classes - 1}, got {int(values.min())}…{int(values.max())}"
        )


def confusion_matrix(
    predicted: Int[Tensor, "*shape"], truth: Int[Tensor, "*shape"], classes: int
) -> Int[Tensor, "k k"]:
    """Count elements by true class (rows) and predicted class (columns).

    Args:
        predicted: from 0.
        truth: from 0; -1 where ignored.
        classes: k.

    Returns:
        int64 counts.

    Raises:
        ValueError: a class is out of range.

    Example:
        >>> import torch
        >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 0, -1]), 2).tolist()
        [[1, 1], [0, 0]]

    Source:
        The oracle is ``sklearn.metrics.confusion_matrix`` (``test_matches_oracle``).
    """
    if predicted.shape != truth.shape:
        raise ValueError(
            f"`predicted` must have the shape of the truth, {tuple(truth.shape)}, "
            f"got {tuple(predicted.shape)}"
        )
    known = truth != -1
    rows, columns = truth[known].long(), predicted[known].long()
    check_classes("truth", rows, classes)
    check_classes("predicted", columns, classes)
    return (rows * classes + columns).bincount(minlength=classes**2).view(classes, classes)
