"""Localisation of one object: class and box of the largest, asked of whole images."""

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.boxes import box_area
from graphvision.tasks.detection import boxes_of
from graphvision.tasks.losses import cross_entropy, giou_loss, l1
from graphvision.tasks.metrics import LocalisationScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure


class LargestObject(NamedTuple):
    """What images should say.

    Attributes:
        label: class of the object with the largest box, -1 where there is none, ``[b]``.
        box: that box, ``[b, 4]``.
        limit: (w, h, w, h) of the images.
    """

    label: Tensor
    box: Tensor
    limit: Tensor


class Localization(AbstractTask):
    """The class and the box of the largest object, one row per image.

    The outputs are the logits of the classes, and of the box's centre (x, y), width and height as
    shares of the image. Losses: cross-entropy, L1 of the shares times 5, GIoU times 2; images
    without an object count nothing.

    Args:
        classes: names of the objects' classes.

    Example:
        >>> Localization(("cat", "dog")).outputs
        6

    Source:
        The weights of the losses: Carion et al., "End-to-end object detection with transformers",
        ECCV 2020.
    """

    name = "localize"
    level = "graph"
    measures = (
        Measure("localised", "objects localised, right class and IoU ≥ 0.5"),
        Measure("accuracy", "class accuracy"),
        Measure("mean_iou", "mean IoU of the box"),
    )

    @property
    def outputs(self) -> int:
        """Classes and four numbers of the box."""
        return len(self.classes) + 4

    def target(self, truth: Annotations, places: Places) -> LargestObject:
        """The largest box of each image, the first of equals."""
        boxes, labels, ptr = self.needs(truth, "boxes", "box_labels", "box_ptr")
        label = torch.full((len(truth),), -1, device=boxes.device)
        box = boxes.new_zeros(len(truth), 4)
        area = box_area(boxes)
        for image, (first, last) in enumerate(pairwise(ptr.tolist())):
            if first < last:
                largest = first + int(area[first:last].argmax())
                label[image], box[image] = labels[largest], boxes[largest]
        height, width = truth.image_size
        return LargestObject(label, box, boxes.new_tensor([width, height, width, height]))

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """Cross-entropy, L1 and GIoU."""
        weight = (target.label >= 0).to(rows.dtype)
        boxes, wanted = _corners(rows[:, -4:].sigmoid()), target.box / target.limit
        distance = l1(boxes, wanted, weight=weight)
        overlap = giou_loss(boxes, wanted, weight=weight)
        return cross_entropy(rows[:, :-4], target.label) + 5 * distance + 2 * overlap

    def decode(self, rows: Any, places: Places) -> Answer:
        """One box for each image."""
        height, width = places.image_size
        limit = rows.new_tensor([width, height, width, height])
        scores = rows[:, :-4].softmax(1)
        best = scores.max(1)
        return Answer(
            places.image_size,
            labels=best.indices,
            label_scores=scores,
            boxes=_corners(rows[:, -4:].sigmoid()).clamp(0, 1) * limit,
            box_labels=best.indices,
            box_ptr=torch.arange(len(rows) + 1, device=rows.device),
            box_scores=best.values,
        )

    def judge(self) -> "LocalizationJudge":
        """Scores over the images that show an object."""
        return LocalizationJudge(self)


def _corners(shares: Tensor) -> Tensor:
    centre, size = shares[:, :2], shares[:, 2:]
    return torch.cat([centre - size / 2, centre + size / 2], 1)


class LocalizationJudge(AbstractJudge):
    """Scores of one box per image.

    Args:
        task: whose answers they are.
    """

    def __init__(self, task: Localization) -> None:
        super().__init__(objects=LocalisationScore())
        self.task = task

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        wanted, found = self.task.target(truth, places), boxes_of(answer)
        self.scores["objects"].update(
            found.xyxy, found.labels, boxes=wanted.box, labels=wanted.label
        )
