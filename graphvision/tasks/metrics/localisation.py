"""Localisation of one object per image."""

from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.boxes.iou import iou
from graphvision.tasks.metrics.score import AbstractScore, ratio


class LocalisationScore(AbstractScore):
    """Class accuracy, mean IoU, and the share of images with both right.

    Args:
        threshold: an image is localised if its class is right and its IoU at least this.

    Example:
        >>> import torch
        >>> box, score = torch.tensor([[0.0, 0.0, 2.0, 2.0]]), LocalisationScore()
        >>> score.update(box, torch.tensor([3]), boxes=box, labels=torch.tensor([3]))
        >>> score.compute()
        {'accuracy': 1.0, 'mean_iou': 1.0, 'localised': 1.0}

    Source:
        Russakovsky et al., "ImageNet large scale visual recognition challenge", IJCV 2015,
        section 4.2.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold

    def update(
        self,
        predicted_boxes: Float[Tensor, "b 4"],
        predicted_labels: Int[Tensor, " b"],
        *,
        boxes: Float[Tensor, "b 4"],
        labels: Int[Tensor, " b"],
    ) -> None:
        """Take in images.

        Args:
            predicted_boxes: (x0, y0, x1, y1) in pixels.
            predicted_labels: from 0.
            boxes: the true ones.
            labels: the true ones, -1 of images without object, which don't count.
        """
        known = labels != -1
        overlap = iou(predicted_boxes[known].double(), boxes[known].double())
        right = predicted_labels[known] == labels[known]
        found = right & (overlap >= self.threshold)
        self.add(images=known.sum(), accuracy=right.sum(), localised=found.sum())
        self.add(mean_iou=overlap.sum())

    def compute(self) -> dict[str, float]:
        """``accuracy``, ``mean_iou`` and ``localised``, 0 where no image was counted."""
        names = ("accuracy", "mean_iou", "localised")
        if not self.sums:
            return dict.fromkeys(names, 0.0)
        return {name: float(ratio(self.sums[name], self.sums["images"])) for name in names}
