"""Semantic segmentation: pixel accuracy and mean IoU, from one confusion matrix."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.metrics.confusion import confusion_matrix
from graphvision.tasks.metrics.score import AbstractScore, mean, ratio


class SegmentationScore(AbstractScore):
    """Pixel accuracy and mean intersection over union, over all pixels of the data set.

    ``IoU_c = TP_c / (TP_c + FP_c + FN_c)``; the mean is over the classes that occur in the truth or
    in the prediction.

    Args:
        classes: how many, the background included.

    Example:
        >>> score = SegmentationScore(3)
        >>> score.update(torch.tensor([[0, 1, 1]]), torch.tensor([[0, 0, 1]]))
        >>> score.compute()
        {'pixel_accuracy': 0.6666666666666666, 'mean_iou': 0.5}

    Source:
        Long, Shelhamer and Darrell, "Fully convolutional networks", CVPR 2015, section 5; the
        oracle is ``sklearn.metrics.jaccard_score`` (``test_matches_oracle``).
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.add(confusion=torch.zeros(classes, classes, dtype=torch.long))

    def update(self, predicted: Int[Tensor, "*shape"], truth: Int[Tensor, "*shape"]) -> None:
        """Count pixels.

        Args:
            predicted: class of every pixel, from 0.
            truth: true class, -1 where ignored.

        Raises:
            ValueError: a class is out of range.
        """
        self.add(confusion=confusion_matrix(predicted, truth, self.classes))

    def class_iou(self) -> Float[Tensor, " k"]:
        """IoU of every class; NaN of those that occur neither in the truth nor in the prediction.

        Returns:
            One number per class, float64.
        """
        both, either = self._overlaps()
        return ratio(both, either).where(either > 0, float("nan"))

    def compute(self) -> dict[str, float]:
        """``pixel_accuracy`` and ``mean_iou``, 0 where no pixel was counted."""
        both, either = self._overlaps()
        accuracy = ratio(both.sum(), self.sums["confusion"].sum())
        return {
            "pixel_accuracy": float(accuracy),
            "mean_iou": mean(ratio(both, either), either > 0),
        }

    def _overlaps(self) -> tuple[Tensor, Tensor]:
        confusion = self.sums["confusion"]
        both = confusion.diagonal()
        return both, confusion.sum(0) + confusion.sum(1) - both
