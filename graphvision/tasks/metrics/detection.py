"""Detection: COCO's average precision of boxes."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.tasks.boxes.batch import Boxes
from graphvision.tasks.metrics.confusion import check_classes
from graphvision.tasks.metrics.score import AbstractScore, mean

_EDGE = 1e5  # of COCO's largest object: larger ones would not count


class DetectionScore(AbstractScore):
    """COCO's AP (mean over IoU 0.50, 0.55, …, 0.95), AP50 and AP75: means over the classes.

    At most 100 boxes of a class are looked at in an image, those with the best scores. Classes that
    no true box has don't count. It keeps all boxes.

    Args:
        classes: how many.

    Example:
        >>> box, ptr = torch.tensor([[0.0, 0.0, 9.0, 9.0]]), torch.tensor([0, 1])
        >>> found = Boxes(box, torch.tensor([0]), ptr, scores=torch.tensor([0.7]))
        >>> score = DetectionScore(1)
        >>> score.update(found, Boxes(box, torch.tensor([0]), ptr))
        >>> {name: round(value, 4) for name, value in score.compute().items()}
        {'ap': 1.0, 'ap50': 1.0, 'ap75': 1.0}

    Source:
        Lin et al., "Microsoft COCO", ECCV 2014, by the package ``faster-coco-eval``; the oracle is
        ``pycocotools`` (``test_matches_oracle``).
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def update(self, found: Boxes, truth: Boxes) -> None:
        """Take in images.

        Args:
            found: boxes with scores.
            truth: boxes of the same images.

        Raises:
            ValueError: ``found`` has no scores, the two are of different numbers of
                images, or a class is out of range.
        """
        if found.scores is None:
            raise ValueError("`found` must have scores, got None")
        images = len(truth.ptr) - 1
        if len(found.ptr) - 1 != images:
            raise ValueError(f"`found` must be of {images} images, got {len(found.ptr) - 1}")
        for name, boxes in (("found", found), ("true", truth)):
            check_classes(f"{name} labels", boxes.labels, self.classes)
            self.keep(**{f"{name}_boxes": boxes.xyxy.double(), f"{name}_labels": boxes.labels})
            self.keep(**{f"{name}_counts": boxes.ptr.diff()})
        self.keep(scores=found.scores.double())

    def compute(self) -> dict[str, float]:
        """``ap``, ``ap50`` and ``ap75``; 0 where there is no true box."""
        precision = self._precision()
        counted = precision[0, 0] > -1
        per_threshold = precision.mean(1)
        chosen = {"ap": slice(None), "ap50": slice(0, 1), "ap75": slice(5, 6)}
        return {name: mean(per_threshold[part].mean(0), counted) for name, part in chosen.items()}

    def _precision(self) -> Float[Tensor, "t r k"]:
        """Precision by IoU threshold, recall and class; -1 of classes without a true box."""
        from faster_coco_eval import COCO, COCOeval_faster

        images = len(self.kept("true_counts"))
        if not len(self.kept("true_boxes")):
            return torch.full((10, 101, self.classes), -1.0, dtype=torch.float64)
        truth = COCO(
            {
                "images": [{"id": i} for i in range(images)],
                "categories": [{"id": k} for k in range(self.classes)],
                "annotations": self._rows("true"),
            }
        )
        found = self._rows("found")
        for row, score in zip(found, self.kept("scores").tolist(), strict=True):
            row["score"] = score
        judge = COCOeval_faster(truth, truth.loadRes(found), iouType="bbox")
        judge.params.maxDets = [100]
        judge.params.areaRng, judge.params.areaRngLbl = [[0, _EDGE**2]], ["all"]
        judge.evaluate()
        judge.accumulate()
        return torch.from_numpy(judge.eval["precision"])[..., 0, 0]

    def _rows(self, name: str) -> list[dict[str, Any]]:
        boxes, counts = self.kept(f"{name}_boxes"), self.kept(f"{name}_counts")
        size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0)
        columns = (
            torch.arange(len(counts)).repeat_interleave(counts).tolist(),
            self.kept(f"{name}_labels").tolist(),
            torch.cat((boxes[:, :2], size), 1).tolist(),
            size.prod(1).tolist(),
        )
        keys = ("image_id", "category_id", "bbox", "area")
        return [
            {"id": i + 1, "iscrowd": 0, **dict(zip(keys, row, strict=True))}
            for i, row in enumerate(zip(*columns, strict=True))
        ]
